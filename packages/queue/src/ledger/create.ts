/**
 * Accepting generations: all of them or none. Up to 250 at once are created and sealed by one script; more are written in chunks under an
 * unsealed intake, invisible to everybody, and sealed by one write. Existing ones of the same fingerprint are known, not created again.
 *
 * On create each gets its fair turn (start-time fair queueing): `turn = max(V, F[lane])`, `F[lane] = turn + 1`; V follows what is admitted.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES, type Ask, type ProviderName } from '@dailies/providers';
import { CREATE, SEAL } from './create-script.ts';
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
}

export interface Intake {
  /** Null for single requests. */
  batch: string | null;
  /** Who shares a turn: the batch, or the API key of single requests. */
  lane: string;
  /** Submitted only while a `run` or `watch` of the batch is alive. */
  attended: boolean;
  /** Where the results go, where the batch has a place of its own: an absolute folder, or `s3://…`. */
  folder?: string | undefined;
  /** Of the batch: told when it is finished, and of its generations that name none of their own. The newest word counts. */
  webhook?: string | undefined;
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
  const chunks = chunked(intake.items, CHUNK);
  const sealNow = chunks.length <= 1;
  const opened = openIntake(store, intake);
  const created: string[] = [];
  const known: string[] = [];
  for (const chunk of chunks) {
    const [outcome, ...ids] = await createChunk(store, intake, opened, sealNow, chunk);
    if (outcome === 'busy') return { outcome };
    if (outcome === 'conflict') return { outcome, ids };
    const fresh = new Set(ids);
    for (const item of chunk) (fresh.has(item.id) ? created : known).push(item.id);
  }
  if (!sealNow && (await runScript(store, SEAL, opened.keys, opened.args)) === 0) return { outcome: 'busy' };
  return { outcome: 'accepted', created, known };
}

interface OpenedIntake {
  keys: string[];
  args: (string | number)[];
}

/** What both scripts are given first, the same for every chunk of an intake. */
function openIntake({ keys }: Store, { batch }: Intake): OpenedIntake {
  const token = randomUUID();
  const months = monthsAround(Date.now());
  const fixed = [keys.intake(token), keys.batch(batch), keys.batchItems(batch), keys.all, keys.live, keys.batches, keys.ended, keys.intakes, keys.singleMonths];
  return {
    keys: [...fixed, ...months.names.map(keys.singles), ...PROVIDER_NAMES.map(keys.counts)],
    args: [token, batch ?? '', PROVIDER_NAMES.length, months.start, months.next, ...months.names],
  };
}

async function createChunk({ keys, redis }: Store, intake: Intake, opened: OpenedIntake, sealNow: boolean, chunk: readonly NewGeneration[]) {
  const ofItems = chunk.flatMap((item) => {
    const own = keys.generation(item.id);
    return item.earlier === undefined ? [own] : [own, keys.history(item.id), keys.tasks(item.account), keys.slots(item.account), keys.slotsOf(item.account, item.provider)];
  });
  const keyList = [...opened.keys, ...PROVIDER_NAMES.map(keys.turns), ...PROVIDER_NAMES.map(keys.lanes), ...ofItems];
  const head = [...opened.args, sealNow ? '1' : '0', intake.attended ? '1' : '0', intake.folder ?? '', intake.lane, intake.batch === null ? '' : (intake.webhook ?? '')];
  const items = chunk.flatMap((item) => {
    const earlier = encodeEarlier(item.earlier);
    const fields = [...recordFields(intake, item), ...earlier.fields];
    const counts = [earlier.state, earlier.slotUntil, earlier.taskKey, earlier.history.length, fields.length];
    return [item.id, PROVIDER_NAMES.indexOf(item.provider) + 1, 3 - item.priority, item.fingerprint, ...counts, ...earlier.history, ...fields];
  });
  return (await runScript({ keys, redis }, CREATE, keyList, [...head, ...items])) as string[];
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
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, encodeField(field, value)]);
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
