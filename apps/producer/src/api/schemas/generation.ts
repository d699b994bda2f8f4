/** Generations and batches in answers. Strict: no answer has a field that is not defined here. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { STATES } from '@dailies/queue';
import { z } from 'zod';

const time = z.iso.datetime();
const state = z.enum(STATES).meta({ id: 'State' });

const videoSchema = z
  .object({
    url: z.string().describe('Where this API has it, once it is stored; before, the link of the upstream without its query.'),
    file: z.string().optional(),
    sha256: z.string().optional(),
    bytes: z.int().min(0).optional(),
    durationSeconds: z.number().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
    thumbnailUrl: z.string().optional(),
  })
  .meta({ id: 'Video' });

export const generationSchema = z
  .object({
    id: z.string(),
    state,
    provider: z.enum(PROVIDER_NAMES),
    model: z.string().nullable(),
    prompt: z.string().nullable(),
    image: z.string().optional(),
    params: z.record(z.string(), z.unknown()).describe('As recorded: defaults filled in.'),
    batch: z.string().nullable(),
    priority: z.int(),
    round: z
      .int()
      .min(1)
      .describe('One go at it. A retry of yours that may pay again starts a new one; so does the resubmission of what the upstream failed without billing it.'),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    createdBy: z.string().optional().describe('Name of the API key that asked for it.'),
    task: z.object({ id: z.string() }).optional().describe("The upstream's own id."),
    attempts: z.int().min(0).describe('Submits that were or may have been accepted.'),
    progress: z.object({ phase: z.string().optional(), percent: z.number().optional() }).optional(),
    createdAt: time,
    submittedAt: time.optional(),
    finishedAt: time.optional(),
    videos: z.array(videoSchema),
    extras: z
      .array(z.object({ kind: z.enum(['thumbnail', 'cover', 'other']), url: z.string(), file: z.string(), sha256: z.string(), bytes: z.int().min(0) }))
      .optional()
      .describe('What else was stored: thumbnails, covers, and as `other` copies with a watermark. `url` is where this API has it.'),
    filesRemovedAt: time.optional().describe('When retention removed the files.'),
    failure: z.object({ kind: z.string(), message: z.string(), code: z.string().optional(), retryable: z.boolean() }).optional(),
    held: z.string().optional().describe('Why this generation is set aside, where it is. A pause of its account or provider is in `pauses`.'),
    cancelRequested: z
      .boolean()
      .optional()
      .describe('true while a cancel waits: it came during the submit, and is carried out when the outcome of that is known. Absent otherwise.'),
    unwanted: z.boolean().optional(),
    ambiguity: z.object({ sentAt: time, until: time.optional(), why: z.string(), requestId: z.string().optional() }).optional(),
    strays: z
      .array(
        z.object({ task: z.object({ id: z.string() }), round: z.int(), outcome: z.string().optional(), endedAt: time.optional(), url: z.string().optional() }),
      )
      .optional()
      .describe('Tasks that were paid for, and became known too late to be its own.'),
    estimatedCost: z
      .object({ amount: z.number(), currency: z.string(), basis: z.string() })
      .optional()
      .describe('By the price table of the workers, or the upstream\'s own figure.'),
    webhook: z.string().optional().describe('Where its events go, without the query.'),
    fingerprint: z.string().optional().describe('Equal ones are the same request in the same batch.'),
    history: z.array(z.object({ at: time, state, note: z.string().optional(), times: z.int().optional() })),
  })
  .meta({ id: 'Generation' });

const deliverySchema = z
  .object({
    at: time,
    event: z.string(),
    id: z.string(),
    to: z.string().describe('Without the query.'),
    outcome: z.enum(['delivered', 'failed', 'gone', 'ended']),
    status: z.int().optional(),
    ms: z.int().min(0),
    note: z.string().optional(),
  })
  .meta({ id: 'Delivery' });

const pauseSchema = z
  .object({
    kind: z.string().describe('`quota`: the money. `auth`: the key. `operator`: a person paused it. Others name what is wrong with the account.'),
    reason: z.string().describe("The upstream's words, or the operator's."),
    since: time,
    polls: z.boolean().describe('Whether polls are paused, too.'),
  })
  .meta({ id: 'Pause' });

/** A generation that is asked for alone is shown with the pauses that hold it, and the newest deliveries of its webhook. */
export const generationWithDeliveriesSchema = generationSchema
  .extend({
    pauses: z
      .array(pauseSchema)
      .optional()
      .describe(
        'Why it waits: pauses of its account or provider. It goes on by itself once an operator has resumed them. ' +
          'An empty balance is also tried again every ten minutes.',
      ),
    deliveries: z.array(deliverySchema).optional(),
  })
  .meta({ id: 'GenerationWithDeliveries' });

export const batchAnswerSchema = z
  .object({
    id: z.string(),
    batch: z.string(),
    total: z.int().min(0),
    counts: z.object(Object.fromEntries(STATES.map((name) => [name, z.int().min(0)]))),
    createdAt: time,
    finishedAt: time.optional().describe('When the last of its generations ended, or became unresolved or overdue.'),
    revision: z.int().min(0).describe('Grows each time the batch finishes.'),
    createdBy: z.string().optional().describe('Name of the API key that made it. Others may have added to it.'),
  })
  .meta({ id: 'Batch' });

export const pageSchema = z
  .object({
    items: z.array(generationSchema),
    cursor: z
      .string()
      .nullable()
      .describe('Give it back as `cursor` for what comes next. Null: this was the last page. A page may be short, or empty, and still have one.'),
  })
  .meta({ id: 'Page' });

/** What an operation on one generation did. */
export const outcomeSchema = (outcomes: readonly [string, ...string[]]) =>
  z.object({ id: z.string(), outcome: z.enum(outcomes), message: z.string().describe('For people.'), generation: generationSchema });
