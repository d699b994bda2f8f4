/**
 * How a submit is recognised again. AceData documents no client id, but a task's record echoes its request, including the callback URL, so the
 * nonce is put into that URL. It is also sent as `trace_id`, which the documents name for some of AceData's services, but not for these three.
 */
import type { Json } from '../provider.ts';
import { objectOf, textOf } from '../http/json.ts';

export interface Marked {
  nonce: string;
  callbackUrl?: string | undefined;
  inertCallback?: string | undefined;
}

/** The fields that every submit carries besides the request. */
export function transportFields(call: Marked): { [name: string]: Json } {
  const callback = callbackOf(call);
  return { async: true, trace_id: call.nonce, ...(callback === undefined ? {} : { callback_url: callback }) };
}

/** The request without what `transportFields` added to it. */
export function withoutTransport(request: { [name: string]: Json }): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !['async', 'trace_id', 'callback_url'].includes(name)));
}

export function carriesNonce(item: { [name: string]: Json }, nonce: string): boolean {
  if (nonce === '') return false;
  const request = objectOf(item['request']);
  const callback = textOf(request?.['callback_url']);
  return item['trace_id'] === nonce || request?.['trace_id'] === nonce || (callback?.includes(nonce) ?? false);
}

/** Whether this task's echo holds a callback URL like ours. Then the account echoes them, and would have echoed our nonce. */
export function echoesMarks(item: { [name: string]: Json }, call: Marked): boolean {
  const callback = textOf(objectOf(item['request'])?.['callback_url']);
  const ours = callbackOf(call);
  if (callback === undefined || ours === undefined || !URL.canParse(callback)) return false;
  return new URL(callback).origin === new URL(ours).origin;
}

function callbackOf({ nonce, callbackUrl, inertCallback }: Marked): string | undefined {
  const address = callbackUrl ?? inertCallback;
  if (address === undefined || address.includes(nonce)) return address;
  const url = new URL(address);
  url.searchParams.set('nonce', nonce);
  return url.href;
}
