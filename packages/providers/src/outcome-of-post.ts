/**
 * What the answer to a paid POST means: accepted, not accepted, or nobody knows (`ambiguous`).
 *
 * The rule wherever the upstream is silent: choose the reading that cannot pay twice. "Not accepted" is said only
 * by a readable error below 500, or by a status that every layer uses to turn a request away.
 */
import { type JsonObject, parseObject } from './http/json.ts';
import { plainText, plainWord, type Secrets } from './http/plain-text.ts';
import { retryAfter } from './http/retry-after.ts';
import type { UpstreamAnswer } from './http/upstream-http.ts';
import { type ErrorKind, ProviderError } from './provider-error.ts';
import { isSuccess, isUncertain, REFUSED, type UpstreamError, type UpstreamErrors } from './upstream-errors.ts';

export interface Accepted {
  id: string;
  body: JsonObject;
}

/** An answer without a task id, and what is read in it. */
interface Refused {
  answer: UpstreamAnswer;
  upstream: UpstreamErrors;
  /** Absent when it is not a JSON object. */
  body?: JsonObject | undefined;
  /** The upstream's own error in it. */
  error?: UpstreamError | undefined;
  secrets: Secrets;
}

/** Throws ProviderError unless the answer holds a task id. */
export function outcomeOfPost(
  answer: UpstreamAnswer,
  upstream: UpstreamErrors,
  taskId: (body: JsonObject) => string | undefined,
  secrets: Secrets,
): Accepted {
  const body = parseObject(answer.text);
  if (body === undefined) throw refusal({ answer, upstream, secrets });

  const id = taskId(body);
  // A task id is kept even from a 504: it alone settles whether the submit got through.
  if (id !== undefined && (isSuccess(answer.status) || isUncertain(answer.status))) return { id, body };
  throw refusal({ answer, upstream, body, error: upstream.read(body), secrets });
}

function refusal(refused: Refused): ProviderError {
  const { answer, upstream, body, error, secrets } = refused;
  return new ProviderError(kindOf(refused), sentence(refused), {
    code: plainWord(error?.code, secrets),
    status: answer.status,
    requestId: plainWord(body && upstream.requestId(body), secrets),
    retryAfterMs: retryAfter(answer.headers),
    namesModel: error !== undefined && upstream.namesModel?.(error, answer.status),
    // A 409 or a 5xx proves nothing, whatever its body says.
    idUsed: error !== undefined && !isUncertain(answer.status) && upstream.isUsedId?.(error),
    // The answer was read to its end, so nothing of our request is still on its way, whatever the answer meant.
    endSeen: true,
  });
}

function kindOf({ answer: { status }, upstream, body, error }: Refused): ErrorKind {
  if (isUncertain(status)) return 'ambiguous';
  const own = error && upstream.kind(error, status);
  if (own) return own;
  const byStatus = upstream.byStatus?.[status] ?? REFUSED[status];
  if (byStatus) return byStatus;
  return body && status >= 400 ? 'rejected' : 'ambiguous';
}

function sentence({ answer: { status }, upstream: { title }, body, error, secrets }: Refused): string {
  const words = plainText(error?.message, secrets);
  const shown = plainWord(error?.code, secrets);
  const code = shown === undefined ? '' : `, code ${shown}`;
  if (words !== '') return `${title}: ${words} (HTTP ${status}${code})`;
  if (error) return `${title} answered with an error and no reason (HTTP ${status}${code}).`;
  if (body === undefined) return `${title} answered HTTP ${status} with something that is not a JSON object.`;
  return isSuccess(status) ? `${title} answered HTTP ${status} without a task id.` : `${title} answered HTTP ${status} without a reason.`;
}
