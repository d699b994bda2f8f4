/**
 * Reading Allegro's answers: `{ message, data, status }`, where 0 is success.
 *
 * The trap: when a generation has failed, its error stands as text inside a successful answer, in the field where the link would be.
 */
import type { Progress } from '../provider.ts';
import { asset, succeededWith } from '../asset.ts';
import { type JsonObject, numberOf, parseObject, textOf } from '../http/json.ts';
import { plainText, plainWord } from '../http/plain-text.ts';
import { ProviderError } from '../provider-error.ts';
import { isSuccess, type UpstreamErrors } from '../upstream-errors.ts';

export const allegroErrors: UpstreamErrors = {
  title: 'Allegro',
  read(body) {
    const status = numberOf(body['status']);
    if (status === 0) return undefined;
    if (status === undefined && body['message'] === undefined && body['error'] === undefined) return undefined;
    return { code: textOf(body['status']), message: body['message'] ?? body['error'] };
  },
  // With HTTP 200 only the envelope's own status says that the request was refused.
  kind: (error, status) => (isSuccess(status) && error.code !== undefined ? 'rejected' : undefined),
  byStatus: { 403: 'auth' },
  requestId: () => undefined,
};

export function taskIdIn(body: JsonObject): string | undefined {
  return numberOf(body['status']) === 0 ? textOf(body['data']) : undefined;
}

export function progressOf(body: JsonObject, secret: string): Progress {
  if (numberOf(body['status']) !== 0) throw new ProviderError('protocol', 'Allegro answered without a status.');
  const data = textOf(body['data']);
  if (data === undefined) return { state: 'pending', phase: 'running' };
  return succeededWith(asset('video', data)) ?? failed(data, secret);
}

/** The error's JSON may stand behind a prefix: "error: {…}". */
function failed(text: string, secret: string): Progress {
  const error = parseObject(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  const code = plainWord(textOf(error?.['code']), secret);
  return {
    state: 'failed',
    failure: {
      kind: 'upstream',
      message: plainText(error?.['message'] ?? text, secret),
      ...(code === undefined ? {} : { code }),
      retryable: Number(code) >= 500,
    },
  };
}
