/**
 * Reads a manifest's row back into a record for the ledger. Every field is checked, since anybody may have written the file. No row becomes
 * `queued`: whatever a row tells of was paid for, or may have been.
 *
 * Every field comes back except those that the prompt line gives anew: `priority`, and `webhook`, which the row holds without its secret parts.
 */
import { z } from 'zod';
import { PROVIDER_NAMES, PROVIDERS, type Task } from '@dailies/providers';
import { encodeBill, GENERATION_ID, STATES, type Ambiguity, type Earlier, type NewGeneration, type StoredFile, type Stray } from '@dailies/queue';

const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const time = z.iso.datetime();
const stored = { file: fileName, sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().positive() };
const measure = z.number().exactOptional();
const video = z.object({ ...stored, url: z.string().optional(), durationSeconds: measure, width: measure, height: measure });
const extra = z.object({ ...stored, url: z.string(), kind: z.enum(['thumbnail', 'cover', 'other']) });
const words = z.string().exactOptional();
const cost = z.object({ amount: z.number().min(0).max(1e9), currency: z.string().regex(/^[^|]+$/), basis: z.enum(['upstream', 'price', 'guide']) });
const stray = z.object({
  task: z.object({ id: z.string().min(1) }),
  round: z.int().positive(),
  outcome: z.enum(['succeeded', 'failed', 'gone']).exactOptional(),
  endedAt: time.exactOptional(),
  url: words,
});
const history = z.array(z.object({ at: time, state: z.enum(STATES), note: words, times: z.int().positive().exactOptional() }));

/** Dropping a row would mean paying for it again. So a faulty field that is not needed is left out instead. */
const rowSchema = z.object({
  id: z.string().regex(GENERATION_ID),
  state: z.enum(STATES),
  provider: z.enum(PROVIDER_NAMES),
  model: z.string().nullish().catch(null),
  prompt: z.string().nullish().catch(null),
  image: z.string().optional().catch(undefined),
  params: z.record(z.string(), z.unknown()).catch({}),
  batch: z.string().nullish().catch(null),
  priority: z.int().min(0).max(3).catch(1),
  round: z.int().positive().catch(1),
  attempts: z.int().nonnegative().catch(1),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  fingerprint: z.string().optional().catch(undefined),
  task: z.object({ id: z.string().min(1) }).optional().catch(undefined),
  createdBy: z.string().optional().catch(undefined),
  createdAt: time.optional().catch(undefined),
  submittedAt: time.optional().catch(undefined),
  finishedAt: time.optional().catch(undefined),
  /** Files that retention removed are not damaged, and are not fetched again. */
  filesRemovedAt: time.optional().catch(undefined),
  /** A file that is not fully described is fetched again. */
  videos: z.array(z.unknown()).transform((all) => all.flatMap((one) => video.safeParse(one).data ?? [])).catch([]),
  extras: z.array(extra).catch([]),
  failure: z.object({ kind: z.string(), message: z.string(), code: words, retryable: z.boolean().catch(false) }).optional().catch(undefined),
  cancelRequested: z.boolean().optional().catch(undefined),
  unwanted: z.boolean().optional().catch(undefined),
  ambiguity: z.object({ sentAt: time, until: time.exactOptional(), why: z.string(), requestId: words }).optional().catch(undefined),
  estimatedCost: cost.optional().catch(undefined),
  /** Strays were paid for, too. An unreadable one must not hide the others. */
  strays: z.array(z.unknown()).transform((all) => all.flatMap((one) => stray.safeParse(one).data ?? [])).catch([]),
  history: history.catch([]),
});

export type EarlierRow = z.infer<typeof rowSchema>;

/** Null: the row is not ours, or its generation was never submitted. */
export function readEarlierRow(value: unknown): EarlierRow | null {
  const row = rowSchema.safeParse(value).data ?? null;
  return row?.state === 'queued' ? null : row;
}

export function earlierOf(row: EarlierRow, { provider, request }: Pick<NewGeneration, 'provider' | 'request'>, folder: string): Earlier {
  const task = taskOf(row, provider, request);
  const state = stateOf(row, task !== undefined);
  const runs = state === 'rendering' || state === 'overdue';
  const { round, attempts, cancelRequested, unwanted, failure, createdBy } = row;
  const strays = straysOf(row, provider, request);
  const slotUntil = Date.now() + PROVIDERS[provider].pace.deadlineMs;
  const files: StoredFile[] = [
    ...row.videos.map(({ url = '', ...facts }) => ({ kind: 'video' as const, source: url, ...facts })),
    ...row.extras.map(({ url, ...facts }) => ({ source: url, ...facts })),
  ];
  return {
    state,
    patch: {
      round,
      attempts,
      cancelRequested,
      unwanted,
      failure,
      createdBy,
      metadata: row.metadata ?? undefined,
      createdAt: at(row.createdAt),
      submittedAt: at(row.submittedAt),
      finishedAt: at(row.finishedAt),
      ...(state === 'succeeded' ? { files, folder, filesRemovedAt: at(row.filesRemovedAt), refetched: wasFetchedAgain(row) } : {}),
      ...(task === undefined ? {} : { task, taskKey: row.task?.id }),
      // Nobody waits for a canceled generation. A person's retry would poll it.
      ...(state === 'canceled' && task !== undefined ? { taskEndedAt: at(row.finishedAt) ?? Date.now() } : {}),
      ...(state === 'unresolved' || row.ambiguity !== undefined ? { ambiguity: ambiguityOf(row) } : {}),
      ...billOf(row),
      ...(strays.length === 0 ? {} : { strays }),
    },
    history: historyOf(row, state),
    slotUntil: runs ? slotUntil : undefined,
    straysUntil: slotUntil,
  };
}

/** The recorded request, with its drawn seeds and old defaults. When the row's parameters do not pass the schema: the request as it would be today. */
export function recordedRequest({ params }: EarlierRow, { provider, ask, request }: Pick<NewGeneration, 'provider' | 'ask' | 'request'>): unknown {
  const { request: schema, params: known } = PROVIDERS[provider];
  const recorded = Object.fromEntries(Object.entries(params).filter(([name]) => name in known.shape));
  const parsed = schema.safeParse({ ...ask, params: recorded });
  return parsed.success ? parsed.data : request;
}

/** The row's history tells what its fields do not: when it ended says nothing of how long its video took then. */
function wasFetchedAgain({ history: entries }: EarlierRow): true | undefined {
  const first = entries.findIndex(({ state }) => state === 'succeeded');
  return first >= 0 && entries.slice(first).some(({ state }) => state === 'downloading') ? true : undefined;
}

/** A generation in flight is polled again by its task. Without a task nobody knows whether it was accepted. */
function stateOf({ state }: EarlierRow, hasTask: boolean): Earlier['state'] {
  if (state === 'succeeded' || state === 'failed' || state === 'canceled' || state === 'unresolved') return state;
  if (!hasTask) return 'unresolved';
  return state === 'overdue' ? 'overdue' : 'rendering';
}

/**
 * Whether this round's estimated cost was charged already, so that polling or fetching it again must not charge it twice. In a first round any charge
 * belongs to that round; a generation with a result was charged when the result was known.
 */
function billOf({ estimatedCost, model, round, state, failure }: EarlierRow): Earlier['patch'] {
  if (estimatedCost === undefined) return {};
  const { amount, currency, basis } = estimatedCost;
  const bill = encodeBill({ micros: Math.round(amount * 1e6), currency, basis, model: (model ?? 'default').replaceAll('|', '/') });
  const isCharged = round === 1 || state === 'succeeded' || state === 'downloading' || failure?.kind === 'asset';
  return isCharged ? { bill, billedRound: round } : { bill };
}

function straysOf(row: EarlierRow, provider: NewGeneration['provider'], request: unknown): Stray[] {
  return row.strays.flatMap(({ task: { id }, round, outcome, endedAt, url }) => {
    const task = taskOf({ task: { id } }, provider, request);
    if (task === undefined) return [];
    return [
      {
        round,
        task,
        taskKey: id,
        ...(endedAt === undefined ? {} : { endedAt: Date.parse(endedAt) }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(url === undefined ? {} : { source: url }),
      },
    ];
  });
}

function taskOf({ task }: Pick<EarlierRow, 'task'>, provider: NewGeneration['provider'], request: unknown): Task | undefined {
  try {
    return task === undefined ? undefined : PROVIDERS[provider].taskFrom(task.id, request);
  } catch {
    return undefined;
  }
}

function ambiguityOf({ ambiguity, submittedAt }: EarlierRow): Ambiguity {
  const { sentAt, until, ...known } = ambiguity ?? { sentAt: submittedAt, why: 'it was on its way when the ledger was lost' };
  return { ...known, sentAt: at(sentAt) ?? Date.now(), ...(until === undefined ? {} : { until: Date.parse(until) }), endSeen: false };
}

function historyOf(row: EarlierRow, state: Earlier['state']): Earlier['history'] {
  const before = row.history.slice(1).map((entry) => ({ ...entry, at: Date.parse(entry.at) }));
  const why = before.at(-1)?.note;
  return [...before, { at: Date.now(), state, note: `${why === undefined ? '' : `${why}; `}read back from the manifest of its folder` }];
}

function at(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
