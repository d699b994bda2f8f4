/**
 * Accepting generations: all of them or none. Up to 250 at once are created and sealed by one script; more are written in chunks under an
 * unsealed intake, invisible to everybody, and sealed by one write. Existing ones of the same fingerprint are known, not created again.
 *
 * On create each gets its fair turn (start-time fair queueing): `turn = max(V, F[lane])`, `F[lane] = turn + 1`; V follows what is admitted.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES, type Ask, type ProviderName } from '@dailies/providers';
import { ABANDON, CREATE, SEAL } from './create-script.ts';
import { encodeField } from './record.ts';
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
  /** Name of the API key that asks. */
  createdBy?: string | undefined;
  /** Told when the batch is finished. */
  webhook?: string | undefined;
  /** Absolute folder the results go to, where the batch has one of its own. */
  folder?: string | undefined;
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
  /** Epoch milliseconds, by the clock of Redis. */
  createdAt: number;
}

const CHUNK = 250;
/** Chunks on their way at once: Redis writes one while the next is put together. */
const AHEAD = 3;

export async function createGenerations(store: Store, intake: Intake): Promise<CreateResult> {
  const token = randomUUID();
  const chunks = chunked(intake.items, CHUNK);
  const sealNow = chunks.length <= 1;
  const fresh: Created[] = [];
  const known: string[] = [];
  const under = new Map<number, Promise<string[]>>();
  const latest = await latestOf(store, intake);
  for (const [at, chunk] of chunks.entries()) {
    for (let next = at; next < Math.min(at + AHEAD, chunks.length); next += 1) {
      if (!under.has(next)) under.set(next, createChunk(store, intake, token, sealNow, sealNow ? latest : 0, chunks[next] ?? []));
    }
    const [outcome, ...rest] = (await settled(under, at)) ?? [];
    if (outcome !== 'accepted') {
      await Promise.allSettled(under.values());
      if (!sealNow) await abandon(store, intake, token);
      return outcome === 'conflict' || outcome === 'other' ? { outcome, ids: rest } : { outcome: 'busy' };
    }
    const turns = turnsOf(rest.slice(1));
    for (const item of chunk) {
      const turn = turns.get(item.id);
      if (turn === undefined) known.push(item.id);
      else fresh.push({ item, turn, createdAt: Number(rest[0]) });
      // The same request twice is created once.
      turns.delete(item.id);
    }
  }
  if (!sealNow) {
    const keys = [
      store.keys.intake(token),
      store.keys.batch(intake.batch),
      store.keys.batchItems(intake.batch),
      store.keys.all,
      store.keys.live,
      store.keys.batches,
      ...PROVIDER_NAMES.map(store.keys.counts),
      store.keys.intakes,
    ];
    const sealed = await runScript(store, SEAL, keys, [token, intake.batch ?? '', await latestOf(store, intake)]);
    if (sealed === 0) {
      await abandon(store, intake, token);
      return { outcome: 'busy' };
    }
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

function turnsOf(pairs: readonly string[]): Map<string, number> {
  const turns = new Map<string, number>();
  for (let at = 0; at + 1 < pairs.length; at += 2) turns.set(pairs[at] ?? '', Number(pairs[at + 1]));
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

async function createChunk(store: Store, intake: Intake, token: string, sealNow: boolean, latest: number, chunk: readonly NewGeneration[]) {
  const { keys } = store;
  const keyList = [
    keys.intake(token),
    keys.batch(intake.batch),
    keys.batchItems(intake.batch),
    keys.all,
    keys.live,
    keys.batches,
    ...PROVIDER_NAMES.map(keys.counts),
    ...PROVIDER_NAMES.map(keys.turns),
    ...PROVIDER_NAMES.map(keys.lanes),
    ...chunk.map((item) => keys.generation(item.id)),
    keys.intakes,
  ];
  const head = [token, intake.batch ?? '', sealNow ? '1' : '0', intake.attended ? '1' : '0', intake.folder ?? '', intake.lane];
  const items = chunk.flatMap((item) => {
    const fields = recordFields(intake, item);
    return [item.id, PROVIDER_NAMES.indexOf(item.provider) + 1, 3 - item.priority, item.fingerprint, fields.length, ...fields];
  });
  const kept = [intake.closed === true ? '1' : '0', intake.createdBy ?? '', intake.webhook ?? '', latest];
  return (await runScript(store, CREATE, keyList, [...head, PROVIDER_NAMES.length, ...kept, ...items])) as string[];
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
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, encodeField(field, value)]);
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
