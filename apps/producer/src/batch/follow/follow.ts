/**
 * Follows generations until none of them can move by itself any more. The event stream makes it quick; reading all states from the ledger, every few
 * seconds and before the end, makes it correct. It changes nothing, except that it releases generations that were held because nobody attended.
 */
import type { ProviderName } from '@dailies/providers';
import { chunked, isTerminal, lastEventId, pauses, readEvents, readStates, release, type LedgerEvent, type Log, type State, type Store } from '@dailies/queue';
import type { Session } from '../../session.ts';
import type { Board } from './board.ts';
import { type SubmitWait, submitWaits } from '../submit-waits.ts';
import { HeldOnes } from './held-ones.ts';
import { type Standing, standing } from './standstill.ts';

export interface Follower {
  /** Called after each look, whether anything has moved or not. */
  looked(standing: Standing, waits: readonly SubmitWait[]): void;
  moved(move: Move): void;
  /** Called between two looks with the generations that have reached a terminal state. */
  ended(ids: string[]): Promise<void>;
}

export interface Move {
  id: string;
  from: State;
  to: State;
  note: string;
}

export interface FollowOptions {
  /** Whether to go on until everything is terminal, even while something waits for a person. */
  wait: boolean;
  stopping: AbortSignal;
}

const LOOK_MS = 3_000;
const BLOCK_MS = 500;
const PAGE = 1_000;
/** A wait after a refusal that lasts no longer than this is usual under load, and not told of. */
const SHORT_WAIT_MS = 30_000;

/** Resolves when nothing moves any more, or when asked to stop. */
export async function follow(session: Session, board: Board, follower: Follower, options: FollowOptions): Promise<Standing> {
  const store = session.anotherStore('follow');
  const stopped = new Promise<null>((resolve) => {
    if (options.stopping.aborted) resolve(null);
    options.stopping.addEventListener('abort', () => resolve(null), { once: true });
  });
  const following = new Following(session, store, { board, follower, options });
  for (;;) {
    const step = await Promise.race([following.step(), stopped]);
    if (step === null || step.done) return following.standing;
  }
}

class Following {
  standing: Standing = { moving: 0, hindrances: [] };
  readonly #session: Session;
  readonly #store: Store;
  readonly #board: Board;
  readonly #follower: Follower;
  readonly #options: FollowOptions;
  readonly #held: HeldOnes;
  #waits: readonly SubmitWait[] = [];
  #after: string | null = null;
  #lookAt = 0;
  #ended: string[] = [];

  /** `store`: with its own connection, since following blocks it. */
  constructor(session: Session, store: Store, { board, follower, options }: { board: Board; follower: Follower; options: FollowOptions }) {
    this.#session = session;
    this.#store = store;
    this.#board = board;
    this.#follower = follower;
    this.#options = options;
    this.#held = new HeldOnes(store);
  }

  async step(): Promise<{ done: boolean }> {
    try {
      return { done: await this.#step() };
    } catch (error) {
      if (this.#options.stopping.aborted) return { done: true };
      await afterTrouble(this.#session.log, error);
      return { done: false };
    }
  }

  async #step(): Promise<boolean> {
    // The position is taken before the first look, so that nothing between the two is missed.
    this.#after ??= await lastEventId(this.#store);
    if (Date.now() >= this.#lookAt) await this.#look();
    await this.#tellEnded();
    if (this.standing.moving === 0 && (!this.#options.wait || this.#allTerminal())) return true;
    for (const event of await readEvents(this.#store.redis, this.#store, this.#after, BLOCK_MS)) this.#take(event);
    this.#follower.looked(this.standing, this.#waits);
    return false;
  }

  #take({ at, id, to, note }: LedgerEvent): void {
    this.#after = at;
    this.#move(id, to, note);
  }

  #move(id: string, to: State, note: string): void {
    const from = this.#board.move(id, to);
    if (from === null) return;
    this.#follower.moved({ id, from, to, note });
    if (isTerminal(to)) this.#ended.push(id);
    // This may have been the last one, which the ledger will tell.
    if (!this.#mayMove()) this.#lookAt = 0;
  }

  async #look(): Promise<void> {
    const ids = this.#board.ids();
    for (const page of chunked(ids, PAGE)) {
      for (const [id, state] of await readStates(this.#store, page)) this.#move(id, state, '');
    }
    const held = await this.#held.look(this.#board);
    const unattended = [...held].flatMap(([id, why]) => (why === 'unattended' ? [id] : []));
    if (unattended.length > 0) await release(this.#store, this.#session.desk.queues, unattended, ['unattended']);
    const { config, setting } = this.#session;
    const own = (provider: ProviderName): string | null => config.providers[provider].account?.id ?? null;
    this.standing = standing(this.#board.members(), { pauses: await pauses(this.#store), held, own, suffix: setting.suffix });
    const queued = [...this.#board.members()].filter(({ id, state }) => state === 'queued' && !held.has(id));
    this.#waits = await submitWaits(this.#store, queued, SHORT_WAIT_MS);
    this.#lookAt = Date.now() + LOOK_MS;
    this.#follower.looked(this.standing, this.#waits);
  }

  async #tellEnded(): Promise<void> {
    if (this.#ended.length === 0) return;
    const ended = this.#ended;
    this.#ended = [];
    await this.#follower.ended(ended);
  }

  #mayMove(): boolean {
    const { queued, submitting, ambiguous, rendering, downloading } = this.#board.counts();
    return queued + submitting + ambiguous + rendering + downloading > 0;
  }

  #allTerminal(): boolean {
    const { succeeded, failed, canceled } = this.#board.counts();
    return succeeded + failed + canceled === this.#board.size;
  }
}

async function afterTrouble(log: Log, error: unknown): Promise<void> {
  log.warn({ error: error instanceof Error ? error.message : String(error) }, 'could not read the ledger; trying again');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
