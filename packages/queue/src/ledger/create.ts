/**
 * Accepting generations: all of them or none. Up to 250 at once are created and sealed by one script; more are written in chunks under an
 * unsealed intake, invisible to everybody, and sealed by one write. Existing ones of the same fingerprint are known, not created again.
 *
 * On create each gets its fair turn (start-time fair queueing): `turn = max(V, F[lane])`, `F[lane] = turn + 1`; V follows what is admitted.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES, type Ask, type ProviderName } from '@dailies/providers';
import { CREATE, SEAL } from './create-script.ts';
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
  /** Absolute folder the results go to, where the batch has one of its own. */
  folder?: string | undefined;
  items: readonly NewGeneration[];
}

export type CreateResult =
  | { outcome: 'accepted'; created: string[]; known: string[] }
  /** These ids exist with another request. Nothing was accepted. */
  | { outcome: 'conflict'; ids: string[] }
  /** Another intake of the same batch is under way. Nothing was accepted. */
  | { outcome: 'busy' };

const CHUNK = 250;

export async function createGenerations(store: Store, intake: Intake): Promise<CreateResult> {
  const token = randomUUID();
  const chunks = chunked(intake.items, CHUNK);
  const sealNow = chunks.length <= 1;
  const created: string[] = [];
  const known: string[] = [];
  for (const chunk of chunks) {
    const [outcome, ...ids] = await createChunk(store, intake, token, sealNow, chunk);
    if (outcome === 'busy') return { outcome };
    if (outcome === 'conflict') return { outcome, ids };
    const fresh = new Set(ids);
    for (const item of chunk) (fresh.has(item.id) ? created : known).push(item.id);
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
    const sealed = await runScript(store, SEAL, keys, [token, intake.batch ?? '']);
    if (sealed === 0) return { outcome: 'busy' };
  }
  return { outcome: 'accepted', created, known };
}

async function createChunk(store: Store, intake: Intake, token: string, sealNow: boolean, chunk: readonly NewGeneration[]) {
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
  return (await runScript(store, CREATE, keyList, [...head, PROVIDER_NAMES.length, ...items])) as string[];
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
    ...(item.trace === undefined ? {} : { trace: item.trace }),
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, encodeField(field, value)]);
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
