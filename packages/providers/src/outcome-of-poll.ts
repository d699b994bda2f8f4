/**
 * What the answer to a free request means: a body to read, or an error that says nothing about the video.
 *
 * Only errors that concern the account keep their kind, so that it can be paused. All others are `protocol`: ask again later.
 */
import { type JsonObject, parseObject } from './http/json.ts';
import { plainText, plainWord, type Secrets } from './http/plain-text.ts';
import { retryAfter } from './http/retry-after.ts';
import type { UpstreamAnswer } from './http/upstream-http.ts';
import { type ErrorKind, ProviderError } from './provider-error.ts';
import { isSuccess, isUncertain, REFUSED, type UpstreamError, type UpstreamErrors } from './upstream-errors.ts';

/** The body of a readable success. Throws ProviderError otherwise. */
export function outcomeOfPoll(answer: UpstreamAnswer, upstream: UpstreamErrors, secrets: Secrets): JsonObject {
  const body = parseObject(answer.text);
  const error = body && upstream.read(body);
  if (isSuccess(answer.status) && body && !error) return body;

  const code = plainWord(error?.code, secrets);
  const reason = plainText(error?.message, secrets) || (body ? 'no reason given' : 'not a JSON object');
  const details = `HTTP ${answer.status}${code === undefined ? '' : `, code ${code}`}`;
  throw new ProviderError(kindOf(answer.status, upstream, error), `${upstream.title} could not be asked: ${reason} (${details})`, {
    code,
    status: answer.status,
    requestId: plainWord(body && upstream.requestId(body), secrets),
    retryAfterMs: retryAfter(answer.headers),
  });
}

const CONCERNS_ACCOUNT: ReadonlySet<ErrorKind> = new Set(['auth', 'quota', 'ip', 'configuration', 'delisted', 'rate', 'slots']);

function kindOf(status: number, upstream: UpstreamErrors, error: UpstreamError | undefined): ErrorKind {
  if (isUncertain(status)) return 'protocol';
  // A bare 404 may come from any gateway on the way, so it must not pause the whole account.
  const byStatus = status === 404 || status === 405 ? undefined : (upstream.byStatus?.[status] ?? REFUSED[status]);
  const kind = (error && upstream.kind(error, status)) ?? byStatus;
  return kind && CONCERNS_ACCOUNT.has(kind) ? kind : 'protocol';
}
