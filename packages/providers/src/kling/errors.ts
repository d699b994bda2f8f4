/**
 * The two error layers of Kling through Cloudsway: Kling's own codes, and the gateway's, which has only statuses and words.
 *
 * The code decides, not the status: 429 is rate, slots, arrears, an empty pack or a wrong IP.
 */
import type { ErrorKind, ProviderError } from '../provider-error.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../http/json.ts';
import { isSuccess, type UpstreamError, type UpstreamErrors } from '../upstream-errors.ts';

export const NO_SUCH_RESOURCE = '1203';

const KLING: Partial<Record<string, ErrorKind>> = {
  1000: 'auth',
  1001: 'auth',
  1002: 'auth',
  1003: 'auth',
  1004: 'auth',
  1100: 'auth',
  1101: 'quota',
  1102: 'quota',
  1103: 'rejected',
  1200: 'rejected',
  1201: 'rejected',
  1202: 'configuration',
  [NO_SUCH_RESOURCE]: 'rejected',
  1300: 'moderated',
  1301: 'moderated',
  1302: 'rate',
  1303: 'slots',
  1304: 'ip',
  5000: 'ambiguous',
  5001: 'ambiguous',
  5002: 'ambiguous',
};

/** Whole words in the gateway's own code or message. */
const CLOUDSWAY: readonly [RegExp, ErrorKind][] = [
  [/\b(NO_BALANCER_ERROR|NO_PROVIDER_ERROR|MODEL_TYPE_NOT_FOUND|AI_PASSAGEWAY_GROUP_IS_EMPTY_ERROR|NO_PASSAGEWAY|NO_ENDPOINT)\b/, 'configuration'],
  [/\b(AI_IMAGE_QUALITY_ERROR|AI_IMAGE_SIZE_ERROR)\b/, 'rejected'],
  [/\bresponse[ _](was |is |has been )?filtered\b/i, 'moderated'],
];

export const klingErrors: UpstreamErrors = {
  title: 'Kling',
  read(body) {
    const code = numberOf(body['code']);
    const gateway = objectOf(body['error']);
    if (code === 0 && !gateway) return undefined;
    if (code === undefined && body['error'] === undefined && objectOf(body['data'])) return undefined;
    return { code: gateway ? (textOf(gateway['code']) ?? textOf(body['code'])) : textOf(body['code']), message: reasonIn(body) };
  },
  kind(error, status) {
    const kling = error.code === undefined ? undefined : KLING[error.code];
    if (kling === 'rejected' && isUsedId(error)) return 'ambiguous';
    if (kling) return kling;
    if (status === 400 || isSuccess(status)) {
      const words = `${error.code ?? ''} ${typeof error.message === 'string' ? error.message : ''}`;
      const marker = CLOUDSWAY.find(([pattern]) => pattern.test(words));
      if (marker) return marker[1];
    }
    // An unknown code from 1000 to 1999 still says that the request was turned away. Any other code in a 200 says nothing.
    return isSuccess(status) ? (/^1\d{3}$/.test(error.code ?? '') ? 'rejected' : 'ambiguous') : undefined;
  },
  // The gateway's other words for a missing route (such as NO_PROVIDER_ERROR) concern all models and pass by themselves.
  namesModel({ code, message }, status) {
    const text = typeof message === 'string' ? message : '';
    if (status === 404) return code === undefined ? /\bmodel\b/i.test(text) : KLING[code] === undefined;
    return (status === 400 || isSuccess(status)) && /\bMODEL_TYPE_NOT_FOUND\b/.test(`${code ?? ''} ${text}`);
  },
  isUsedId,
  requestId: (body) => textOf(body['request_id']),
};

/**
 * Whether a free request failed for its address alone: the gateway does not know it, or has a page there. That says nothing about a task, and another
 * address may be answered.
 */
export function isOfThisAddress({ kind, status = 500 }: ProviderError): boolean {
  return (kind === 'protocol' || kind === 'configuration') && status < 500;
}

/** "This external_task_id exists" may mean that an earlier submit of ours got through, so the submit is looked up and not failed. */
function isUsedId({ code, message }: UpstreamError): boolean {
  return code === '1201' && typeof message === 'string' && /external.?task.?id/i.test(message) && /exist|duplicat|repeat|unique|used|taken/i.test(message);
}

function reasonIn(body: JsonObject): unknown {
  const data = objectOf(body['data']);
  const places = [
    objectOf(body['error'])?.['message'],
    body['error'],
    body['message'],
    body['msg'],
    data?.['message'],
    objectOf(data?.['error'])?.['message'],
    data?.['task_status_msg'],
  ];
  return places.find((place) => place !== undefined && place !== null && place !== '');
}
