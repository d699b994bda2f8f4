/**
 * The shape in which each upstream's error table is written down, and the reading of HTTP statuses that all of them share.
 *
 * The upstream's own code is asked first: one status has many meanings (Kling's 429 is rate, slots, arrears or a wrong IP).
 */
import type { JsonObject } from './http/json.ts';
import type { ErrorKind } from './provider-error.ts';

export interface UpstreamError {
  code?: string | undefined;
  /** Raw text from outside. Show it only through `plainText`. */
  message: unknown;
}

export interface UpstreamErrors {
  /** For people. */
  title: string;
  /** The upstream's own error in a readable body. Undefined when the body says that all went well. */
  read(body: JsonObject): UpstreamError | undefined;
  /** What the upstream's own codes mean. Undefined: the HTTP status decides. */
  kind(error: UpstreamError, status: number): ErrorKind | undefined;
  /** Whether the error concerns the model that was asked for. For upstreams where an account may have one model and not another. */
  namesModel?(error: UpstreamError, status: number): boolean;
  /** Whether the submit was refused because its client id was used before. */
  isUsedId?(error: UpstreamError): boolean;
  /** HTTP statuses that have another meaning at this upstream than in `REFUSED`. */
  byStatus?: Partial<Record<number, ErrorKind>>;
  requestId(body: JsonObject): string | undefined;
}

/** Statuses by which any layer, readable or not, says that it turned the request away. */
export const REFUSED: Partial<Record<number, ErrorKind>> = {
  301: 'configuration',
  307: 'configuration',
  308: 'configuration',
  401: 'auth',
  402: 'quota',
  403: 'ip',
  404: 'configuration',
  405: 'configuration',
  413: 'rejected',
  429: 'rate',
};

/** Statuses after which the request may still have been carried out. */
export function isUncertain(status: number): boolean {
  return status === 408 || status === 409 || status >= 500;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
