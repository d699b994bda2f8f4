/** What the overview says of the accounts of a provider: whether submits may leave, and if not, why and what ends it. */
import {
  type AccountState, accountState, type Catalogue, type Config, cooldownLeft, heldOf, mostSlots, type Pause, pauseCause,
  pausesOf, pauseStep, type ProviderConfig, shardOf,
  slotsTaken, type State, type Store,
} from '@dailies/queue';

export interface AccountView {
  id: string;
  pauses: Pause[];
  learned: AccountState;
  /** Milliseconds until it submits again by itself. */
  cooldownMs: number;
  slots: number;
  slotsOfProvider: number;
  /** The most tasks that this account is known to take at once: what was learned, and never more than configured. */
  limit: number;
  configured: number;
}

export async function readAccount(store: Store, config: Config, provider: ProviderConfig, id: string): Promise<AccountView> {
  const shard = shardOf(store, id);
  const [pauses, learned, cooldownMs, slots, slotsOfProvider] = await Promise.all([
    pausesOf(store, provider.name, id),
    accountState(store, id),
    cooldownLeft(store, id),
    slotsTaken(store, id),
    shard.redis.zcard(shard.keys.slotsOf(id, provider.name)),
  ]);
  const configured = Object.values(config.providers).find(({ account }) => account?.id === id)?.account?.maxInFlight ?? provider.maxInFlight;
  return {
    id,
    pauses,
    learned,
    cooldownMs,
    slots,
    slotsOfProvider,
    limit: mostSlots(learned, configured),
    configured,
  };
}

/** How many of a provider are without a job on purpose, on any of these accounts. What renders may be held as well: for another key or address. */
export async function countHeld(store: Store, catalogue: Catalogue, provider: ProviderConfig['name'], accounts: readonly string[]): Promise<Held> {
  const ids = (await Promise.all(accounts.map((account) => heldOf(store, account)))).flat();
  const held: Held = { byState: new Map(), byBatch: new Map() };
  for (const id of ids.filter((one) => isOf(catalogue.providerOf(one), provider))) {
    const row = catalogue.rowOf(id);
    const state = row === undefined ? 'queued' : catalogue.stateOf(row);
    held.byState.set(state, (held.byState.get(state) ?? 0) + 1);
    const batch = row === undefined ? '' : catalogue.batches.nameOf(catalogue.batch[row] ?? 0);
    held.byBatch.set(batch, (held.byBatch.get(batch) ?? 0) + 1);
  }
  return held;
}

export interface Held {
  /** What is not in the catalogue yet counts as queued. */
  byState: Map<State, number>;
  /** By the name of the batch; '' is of single requests, and of what is not in the catalogue yet. */
  byBatch: Map<string, number>;
}

/** Accounts may be shared by providers. A slot whose generation is not in the catalogue (yet) may belong to any of them. */
function isOf(found: string, name: string): boolean {
  return found === '' || found === name;
}

export interface Verdict {
  word: 'open' | 'full' | 'cooling down' | 'breaker open' | 'few replicas' | 'no answers' | 'paused' | 'not taken';
  tone: 'good' | 'wait' | 'bad';
  why: string;
  /** Instead of `why` on a card of the overview, where a line above all cards says the whole of it. */
  brief?: string;
  /** Epoch milliseconds. */
  since?: number;
  pollsToo?: boolean;
}

/** What else is known of the provider. */
export interface Around {
  queued: number;
  /** Of these that are queued, without a job on purpose, on whatever account: their run was stopped, or their account is elsewhere. */
  held: number;
  /** Milliseconds for which the oldest has waited while nothing has moved. */
  forMs: number;
  /** How many workers are alive; null: nobody knows. */
  workers: number | null;
  /** Milliseconds by which the first of its polls is late, because no worker makes it. */
  pollsLateMs: number;
  /** Since when its polls get no usable answer, epoch milliseconds; null: they do. */
  unansweredSince: number | null;
  /** A living worker submits nothing there, because too few replicas of Redis follow. */
  hasFewReplicas: boolean;
  /** Submits that are being looked up, of the providers that have the account. Those that hold a slot of it are among its doubtful ones. */
  ambiguous: number;
}

/**
 * The verdicts in plain words: is it us, the upstream, or the money? Each pause has one of its own: all of them must end. What else is wrong stands behind
 * them: what renders feels it already, and submits when the pauses have ended.
 */
export function verdictsOf(account: AccountView, around: Around): Verdict[] {
  // Where polls are paused, nobody polls: that needs no other reason.
  const arePollsPaused = account.pauses.some(({ polls }) => polls);
  const wrong = faults(account, arePollsPaused ? { ...around, pollsLateMs: 0, unansweredSince: null } : around);
  const found = [...account.pauses.map(verdictOfPause), ...wrong];
  return found.length > 0 ? found : [verdictWithoutFault(account, around)];
}

function verdictOfPause({ kind, scope, reason, at, polls }: Pause): Verdict {
  const step = pauseStep({ kind, scope });
  return { word: 'paused', tone: 'bad', why: `${pauseCause(kind)}: ${reason}${step === '' ? '' : ` → ${step}`}`, since: at, pollsToo: polls };
}

/** What keeps submits back, then what keeps looks at what renders back. */
function faults({ learned, slots }: AccountView, { queued, held, workers, pollsLateMs, unansweredSince, hasFewReplicas }: Around): Verdict[] {
  const found: Verdict[] = [];
  if (learned.openSince !== null) {
    const why = 'the upstream did not answer three submits in a row; a free request that is answered closes it';
    found.push({ word: 'breaker open', tone: 'bad', why, since: learned.openSince });
  }
  if (hasFewReplicas) {
    found.push(FEW_REPLICAS);
  }
  if (workers === 0 && (slots > 0 || queued > held)) {
    const why = 'us: no worker lives. What is queued waits, and nobody looks after what renders; nothing is lost';
    found.push({ word: 'not taken', tone: 'bad', why, brief: 'us: no worker lives' });
  } else if (unansweredSince !== null) {
    const why = 'the upstream, or the way to it: polls get no usable answer. Nothing fails because of it, the videos come later';
    found.push({ word: 'no answers', tone: 'bad', why, since: unansweredSince });
  } else if (pollsLateMs > TAKEN_WITHIN_MS) {
    // The workers that are alive may be those of other accounts. Then the slots stay taken, and look like work in progress.
    const late = `a look at what renders is ${Math.round(pollsLateMs / 1000)} s late, and nobody makes it`;
    const why = `us: ${late}. Is a worker running that has this account, and room?`;
    found.push({ word: 'not taken', tone: 'bad', why });
  }
  return found;
}

function verdictWithoutFault({ learned, cooldownMs, slots, limit }: AccountView, { queued, held, forMs, workers, ambiguous }: Around): Verdict {
  if (cooldownMs > 0) return { word: 'cooling down', tone: 'wait', why: `the upstream asked to wait: ${Math.ceil(cooldownMs / 1000)} s more` };
  if (slots >= limit && slots > 0) return { word: 'full', tone: 'wait', why: `every slot is used: ${whatEndsFull(ambiguous, learned.doubtful)}` };
  // A worker takes work that may be submitted within a second. A free slot beside old work means that there is no worker.
  if (slots === 0 && queued > held && forMs > TAKEN_WITHIN_MS) {
    return { word: 'not taken', tone: 'bad', why: 'us: work waits, slots are free, and nobody takes it. Is a worker running that has this account?' };
  }
  return { word: 'open', tone: 'good', why: workers === 0 ? 'submits may leave as soon as a worker runs' : 'submits may leave' };
}

const TAKEN_WITHIN_MS = 30_000;

export const FEW_REPLICAS: Verdict = {
  word: 'few replicas',
  tone: 'bad',
  why: 'us: fewer replicas of Redis follow than REDIS_REPLICAS. Submits go on by themselves when enough do; dailies doctor says which are missing',
  brief: 'us: as said above',
};

/** `doubtful`: as in AccountState. */
function whatEndsFull(ambiguous: number, doubtful: number): string {
  const lookedUp = Math.min(ambiguous, doubtful);
  const lasting = doubtful - lookedUp;
  const holders = [
    ...(lookedUp === 0 ? [] : [`${lookedUp} by ambiguous submits, which are looked up within some minutes`]),
    ...(lasting === 0 ? [] : [`${lasting} by what is unresolved, overdue, or has a task that a person gave`]),
  ];
  return holders.length === 0 ? 'the next submit waits for a video to end' : holders.join(', ');
}
