/**
 * Reading Allegro's answers: `{ message, data, status }`, where 0 is success.
 *
 * The trap: when a generation has failed, its error stands as text inside a successful answer, in the field where the link would be. The vendor's page
 * does not say so; a public client has published one such error. Any other text is unknown, and must not end a paid video at once.
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
  // With HTTP 200 only the envelope's own status says that the request was refused: a number, as published. A word may as well mean success.
  kind: (error, status) => (isSuccess(status) && numberOf(error.code) !== undefined ? 'rejected' : undefined),
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
  return succeededWith(asset('video', data)) ?? failed(data, secret) ?? unknown(data, secret);
}

/** The error's JSON may stand behind a prefix: "error: {…}". */
function failed(text: string, secret: string): Progress | undefined {
  const error = parseObject(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  if (error?.['message'] === undefined && error?.['code'] === undefined) return undefined;
  // A link by itself may be the video's, whatever stands beside it.
  if (/"https?:\/\/[^\s"]+"/i.test(text)) return undefined;
  const code = plainWord(textOf(error['code']), secret);
  return {
    state: 'failed',
    failure: {
      kind: 'upstream',
      message: plainText(error['message'] ?? text, secret),
      ...(code === undefined ? {} : { code }),
      retryable: Number(code) >= 500,
    },
  };
}

/** Neither a link nor an error as published. It is `protocol` where it may hold the link of a video, so that a retry asks again and pays nothing. */
function unknown(text: string, secret: string): Progress {
  const upToPath = /^.*?https?:\/\/[^\s"'?#<>]*/is.exec(text)?.[0];
  if (upToPath === undefined) {
    const message = `Allegro gave neither a link nor an error that is known: ${plainText(text, secret)}`;
    return { state: 'doubtful', failure: { kind: 'upstream', message, retryable: false } };
  }
  // What follows the path of a broken link may be its signature, even behind a blank.
  const message = `Allegro gave a link that cannot be read: ${plainText(upToPath, secret)}`;
  return { state: 'doubtful', failure: { kind: 'protocol', message, retryable: false } };
}
