/** The fields that are ours and no provider sees: `id`, `priority`, `metadata`, `webhook`. And that there are no fields but the known ones. */
import { MOST_NAMED, nearest, PROVIDERS } from '@dailies/providers';
import { type WebhookRules, webhookFault } from '../webhooks/webhook-url.ts';
import { type FieldFault, quoted } from './field-fault.ts';
import { GENERATION_ID } from './generation-id.ts';

/** Every field a request may have, in a line of a file or over HTTP. */
export const REQUEST_FIELDS = ['prompt', 'provider', 'model', 'image', 'params', 'metadata', 'priority', 'id', 'webhook'] as const;

export interface OwnFields {
  id: string | null;
  priority: number;
  metadata: Record<string, unknown> | null;
  webhook: string | undefined;
  faults: FieldFault[];
}

/** `beside`: further fields that a request may have where it comes from. They have been taken out of `fields`. */
export function checkOwnFields(fields: Readonly<Record<string, unknown>>, webhooks: WebhookRules = STRICT, beside: readonly string[] = []): OwnFields {
  const { id, priority = STANDARD_PRIORITY, metadata, webhook } = fields;
  const unknown = Object.keys(fields).filter((name) => !isField(name)).slice(0, MOST_NAMED);
  const faults = unknown.map((name) => unknownField(name, fields['provider'], [...REQUEST_FIELDS, ...beside]));

  const rightId = typeof id === 'string' && GENERATION_ID.test(id) && /\D/.test(id);
  if (id !== undefined && !rightId) {
    faults.push({ field: 'id', message: `${quoted(id)} is no legal id`, remedy: LEGAL_ID });
  }
  const rightPriority = typeof priority === 'number' && Number.isInteger(priority) && priority >= 0 && priority <= 3;
  if (!rightPriority) {
    faults.push({ field: 'priority', message: `must be a whole number from 0 to 3, not ${quoted(priority)}`, remedy: 'Higher goes first; leave it out for 1' });
  }

  const size = metadata === undefined ? 0 : sizeOf(metadata);
  if (metadata !== undefined && !isObject(metadata)) {
    faults.push({ field: 'metadata', message: `must be an object, not ${quoted(metadata)}`, remedy: 'Write {"name": "value"}' });
  } else if (size > MOST_METADATA) {
    faults.push({ field: 'metadata', message: `is too large: at most ${MOST_METADATA} characters of JSON`, remedy: 'Keep a key here and the rest elsewhere' });
  }
  const wrongWebhook = webhook === undefined ? null : webhookFault(webhook, webhooks);
  if (wrongWebhook !== null) faults.push({ field: 'webhook', ...wrongWebhook });
  return {
    id: rightId ? id : null,
    priority: rightPriority ? priority : STANDARD_PRIORITY,
    metadata: isObject(metadata) ? metadata : null,
    webhook: typeof webhook === 'string' && wrongWebhook === null ? webhook : undefined,
    faults,
  };
}

/** The rules where the caller gives none. */
const STRICT: WebhookRules = { allowPrivateAddresses: false, signed: true };
const STANDARD_PRIORITY = 1;
const MOST_METADATA = 16_384;
const LEGAL_ID = 'Use 1 to 64 of letters, digits, ".", "_" and "-", beginning with a letter or a digit, not all digits';

function isField(name: string): boolean {
  return (REQUEST_FIELDS as readonly string[]).includes(name);
}

function unknownField(name: string, provider: unknown, known: readonly string[]): FieldFault {
  const message = `unknown field ${quoted(name)}`;
  const asParameter = Object.values(PROVIDERS).find((one) => (provider === undefined || one.name === provider) && Object.hasOwn(one.params.shape, name));
  if (asParameter) return { field: name, message, remedy: `It is a parameter of ${asParameter.name}: put it into "params"` };
  const near = nearest(name, known);
  return { field: name, message, remedy: near ? `Did you mean "${near}"?` : `Known: ${known.join(', ')}. Notes of your own go into "metadata"` };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Length as JSON. What is nested too deeply to be written counts as infinitely long. */
function sizeOf(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
