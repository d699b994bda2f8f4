/**
 * Accepting generations: all of them or none. Up to 250 at once are created and sealed by one script; more are written in chunks under an
 * unsealed intake, invisible to everybody, and sealed by one write. Existing ones of the same fingerprint are known, not created again.
 *
 * On create each gets its fair turn (fair-turns-script.ts).
 */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES, type Ask, type ProviderName } from '@dailies/providers';
import { ABANDON, CREATE, SEAL } from './create-script.ts';
import { type Earlier, encodeEarlier } from './earlier.ts';
import { encodeField } from './record.ts';
import { monthsAround } from './singles.ts';
import { runScript, type Store } from './store.ts';

export interface NewGeneration {
  id: string;
  provider: ProviderName;
  account: string;
  ask: Ask;
  request: unknown;
  /** Equal fingerprints are the same work; the same id with another one is refused. */
  fingerprint: string;
  model?: string | undefined;
  /** 0–3, default 1. */
  priority: number;
  metadata: Record<string, unknown> | null;
  webhook?: string | undefined;
  /** What became of it before the ledger was lost. It is created in that state and not submitted. */
  earlier?: Earlier | undefined;
  /** W3C traceparent. */
  trace?: string | undefined;
}

export interface Intake {
  /** Null for single requests. */
  batch: string | null;
  /** Who shares a turn: the batch, or the API key of single requests. */
  lane: string;
  /** Submitted only while a `run` or `watch` of the batch is alive. */
  attended: boolean;
  /** A batch of this name that is there already takes nothing new: then the outcome is `other`. Default: it does. */
  closed?: boolean | undefined;
  /**
   * After so many milliseconds nobody waits for the answer any more, and a Redis that was frozen meanwhile must not accept it late: what comes
   * later is `busy`. Default: it may take any time.
   */
  withinMs?: number | undefined;
  /** Name of the API key that asks. All its lanes together have the share of one; a lane without a key is its own. */
  createdBy?: string | undefined;
  /** Where the results go, where the batch has a place of its own: an absolute folder, or `s3://…`. */
  folder?: string | undefined;
  /** Of the batch: told when it is finished, and of its generations that name none of their own. The newest word counts. */
  webhook?: string | undefined;
  items: readonly NewGeneration[];
}

export type CreateResult =
  | { outcome: 'accepted'; created: string[]; known: string[]; fresh: Created[] }
  /** The batch is there already, closed, and has not these. Nothing was accepted. */
  | { outcome: 'other'; ids: string[] }
  /** These ids exist with another request. Nothing was accepted. */
  | { outcome: 'conflict'; ids: string[] }
  /** Another intake of the same batch is under way. Nothing was accepted. */
  | { outcome: 'busy' };

/** What was created, with all that its first job needs: nobody has to read it back. */
export interface Created {
  item: NewGeneration;
  turn: number;
  /** Where its turn stands among those who wait, at this moment (ledger/places.ts). */
  place: number;
  /** Epoch milliseconds, by the clock of Redis. */
  createdAt: number;
}

const CHUNK = 250;
/** Chunks on their way at once: Redis writes one while the next is put together. */
const AHEAD = 3;

export async function createGenerations(store: Store, intake: Intake): Promise<CreateResult> {
  const chunks = chunked(intake.items, CHUNK);
  const sealNow = chunks.length <= 1;
  const opened = openIntake(store, intake);
  const fresh: Created[] = [];
  const known: string[] = [];
  const under = new Map<number, Promise<string[]>>();
  const latest = await latestOf(store, intake);
  for (const [at, chunk] of chunks.entries()) {
    for (let next = at; next < Math.min(at + AHEAD, chunks.length); next += 1) {
      if (under.has(next)) continue;
      const written = createChunk(store, intake, opened, sealNow, sealNow ? latest : 0, chunks[next] ?? []);
      // A later chunk may fail before an earlier one has answered: it is heard when its turn comes.
      written.catch(() => undefined);
      under.set(next, written);
    }
    const [outcome, ...rest] = (await settled(under, at)) ?? [];
    if (outcome !== 'accepted') {
      await Promise.allSettled(under.values());
      if (!sealNow) await abandon(store, intake, opened.token);
      return outcome === 'conflict' || outcome === 'other' ? { outcome, ids: rest } : { outcome: 'busy' };
    }
    const turns = turnsOf(rest.slice(1));
    for (const item of chunk) {
      const turn = turns.get(item.id);
      if (turn === undefined) known.push(item.id);
      else fresh.push({ item, ...turn, createdAt: Number(rest[0]) });
      // The same request twice is created once.
      turns.delete(item.id);
    }
  }
  if (!sealNow && (await runScript(store, SEAL, opened.keys, [...opened.args, await latestOf(store, intake)])) === 0) {
    await abandon(store, intake, opened.token);
    return { outcome: 'busy' };
  }
  return { outcome: 'accepted', created: fresh.map(({ item }) => item.id), known, fresh };
}

/** When one fails the others are awaited, so that none is left without anybody who hears of it. */
async function settled(under: Map<number, Promise<string[]>>, at: number): Promise<string[] | undefined> {
  try {
    return await under.get(at);
  } catch (error) {
    await Promise.allSettled(under.values());
    throw error;
  }
}

/** `id, turn, place, id, …` */
function turnsOf(answer: readonly string[]): Map<string, Pick<Created, 'turn' | 'place'>> {
  const turns = new Map<string, Pick<Created, 'turn' | 'place'>>();
  for (let at = 0; at + 2 < answer.length; at += 3) turns.set(answer[at] ?? '', { turn: Number(answer[at + 1]), place: Number(answer[at + 2]) });
  return turns;
}

async function abandon(store: Store, { batch }: Intake, token: string): Promise<void> {
  await runScript(store, ABANDON, [store.keys.batch(batch)], [token]);
}

/** By the clock of Redis, epoch milliseconds; 0: at any time. */
async function latestOf({ redis }: Store, { withinMs }: Intake): Promise<number> {
  if (withinMs === undefined) return 0;
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) + withinMs;
}

interface OpenedIntake {
  token: string;
  keys: string[];
  args: (string | number)[];
}

/** What both scripts are given first, the same for every chunk of an intake. */
function openIntake({ keys }: Store, { batch }: Intake): OpenedIntake {
  const token = randomUUID();
  const months = monthsAround(Date.now());
  const fixed = [keys.intake(token), keys.batch(batch), keys.batchItems(batch), keys.all, keys.live, keys.batches, keys.ended, keys.intakes, keys.singleMonths, keys.guard];
  return {
    token,
    keys: [...fixed, ...months.names.map(keys.singles), ...PROVIDER_NAMES.map(keys.counts)],
    args: [token, batch ?? '', PROVIDER_NAMES.length, months.start, months.next, ...months.names],
  };
}

async function createChunk({ keys, redis }: Store, intake: Intake, opened: OpenedIntake, sealNow: boolean, latest: number, chunk: readonly NewGeneration[]) {
  const ofItems = chunk.flatMap((item) => {
    const own = keys.generation(item.id);
    return item.earlier === undefined ? [own] : [own, keys.history(item.id), keys.tasks(item.account), keys.slots(item.account), keys.slotsOf(item.account, item.provider)];
  });
  const owner = intake.createdBy ?? '';
  const ofTurns = [...PROVIDER_NAMES.map(keys.turns), ...PROVIDER_NAMES.map(keys.lanes), ...PROVIDER_NAMES.map((name) => keys.laneEnds(name, owner))];
  const keyList = [...opened.keys, ...ofTurns, ...ofItems];
  const ofBatch = [sealNow ? '1' : '0', intake.attended ? '1' : '0', intake.folder ?? '', intake.lane, intake.batch === null ? '' : (intake.webhook ?? '')];
  const head = [...opened.args, ...ofBatch, intake.closed === true ? '1' : '0', owner, latest, owner === '' ? '0' : '1'];
  const items = chunk.flatMap((item) => {
    const earlier = encodeEarlier(item.earlier);
    const fields = [...recordFields(intake, item), ...earlier.fields];
    const counts = [earlier.state, earlier.slotUntil, earlier.taskKey, earlier.history.length, fields.length];
    return [item.id, PROVIDER_NAMES.indexOf(item.provider) + 1, 3 - item.priority, item.fingerprint, ...counts, ...earlier.history, ...fields];
  });
  return (await runScript({ redis }, CREATE, keyList, [...head, ...items])) as string[];
}

function recordFields(intake: Intake, item: NewGeneration): string[] {
  const fields: Record<string, unknown> = {
    v: 1,
    provider: item.provider,
    account: item.account,
    batch: intake.batch ?? '',
    lane: intake.lane,
    priority: item.priority,
    class: 3 - item.priority,
    ask: item.ask,
    request: item.request,
    fingerprint: item.fingerprint,
    round: 1,
    seq: 1,
    ...(item.metadata === null ? {} : { metadata: item.metadata }),
    ...(item.webhook === undefined ? {} : { webhook: item.webhook }),
    ...(intake.createdBy === undefined ? {} : { createdBy: intake.createdBy }),
    ...(item.trace === undefined ? {} : { trace: item.trace }),
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, encodeField(field, value)]);
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
