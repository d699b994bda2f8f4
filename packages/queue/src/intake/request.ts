/**
 * A request as services send it, over HTTP or from Node: that of a prompt line, and beside it `batch` and `webhook`. Never names a file of
 * this machine: images are links or `data:` URIs.
 */
import type { PreparedItem } from './prepare-item.ts';
import { checkBatchName } from './batch-name.ts';
import { type FieldFault, quoted } from './field-fault.ts';
import { isObject } from './own-fields.ts';
import { type ItemContext, prepareItem } from './prepare-item.ts';

export interface RequestContext extends ItemContext {
  /** Webhooks may go to plain http. */
  allowPrivateAddresses: boolean;
  /** The batch is named by the request itself; otherwise it must be the context's, where it is named at all. */
  single: boolean;
}

export interface PreparedRequest extends PreparedItem {
  batch: string | null;
}

export function prepareRequest(request: unknown, context: RequestContext): PreparedRequest | { faults: FieldFault[] } {
  if (!isObject(request)) return { faults: [{ field: null, message: `must be an object, not ${quoted(request)}`, remedy: 'Write {"provider": "…", "prompt": "…"}' }] };
  const { batch: named, webhook, ...fields } = request;
  const wrongBatch = checkBatch(named, context);
  const wrongWebhook = webhook === undefined ? [] : checkWebhook(webhook, context.allowPrivateAddresses);
  const batch = context.single && typeof named === 'string' ? named : context.batch;
  const prepared = prepareItem(fields, { ...context, batch });
  const faults = [...wrongBatch, ...wrongWebhook, ...('faults' in prepared ? prepared.faults : [])];
  if ('faults' in prepared || faults.length > 0) return { faults };
  if (typeof webhook === 'string') prepared.generation.webhook = webhook;
  return { ...prepared, batch };
}

/** Which addresses are public is found out when it is called; here only what is no address at all. */
export function checkWebhook(webhook: unknown, allowPrivateAddresses: boolean): FieldFault[] {
  const refused = (message: string, remedy: string): FieldFault[] => [{ field: 'webhook', message, remedy }];
  if (typeof webhook !== 'string') return refused(`must be text, not ${quoted(webhook)}`, 'Give an https URL');
  if (webhook.length > LONGEST_URL || /\s/.test(webhook) || !URL.canParse(webhook)) return refused(`${quoted(webhook)} is no URL`, `Give an https URL of at most ${LONGEST_URL} characters`);
  const { protocol, username, password } = new URL(webhook);
  if (username !== '' || password !== '') return refused('has a user or a password in it', 'Leave them out: webhooks are signed instead');
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivateAddresses)) return refused(`is ${protocol.slice(0, -1)}, not https`, 'Give an https URL');
  return [];
}

const LONGEST_URL = 2048;

function checkBatch(named: unknown, { single, batch }: RequestContext): FieldFault[] {
  if (named === undefined || (!single && named === batch)) return [];
  if (!single) return [{ field: 'batch', message: `${quoted(named)} is not the batch that this is sent to`, remedy: 'Leave it out' }];
  const wrong = typeof named === 'string' ? checkBatchName(named) : `must be text, not ${quoted(named)}`;
  return wrong === null ? [] : [{ field: 'batch', message: wrong, remedy: 'Give a short name of small letters, or leave it out' }];
}
