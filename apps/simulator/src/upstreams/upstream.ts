import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../answer.ts';
import type { RequestKind } from '../request-log.ts';
import type { ProviderName, Quirks, Task, TaskFailure } from '../task.ts';

/**
 * One vendor's API. It knows its paths, its fields and its words, and nothing of sockets or faults.
 * A client's mistake is answered as the vendor would, never thrown.
 */
export interface Upstream {
  /** What a request is; undefined when it is not for this vendor. `body` is undefined until it has been read. */
  recognise(line: RequestLine, body?: Record<string, unknown>): Recognised | undefined;
}

export interface RequestLine {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface Recognised {
  readonly provider: ProviderName;
  readonly kind: RequestKind;
  /** The tasks that are asked for by their own id. */
  readonly taskIds: readonly string[];
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

export interface Call {
  /** The bearer, or an empty text. */
  readonly key: string;
  /** Undefined when the body was not a JSON object. */
  readonly body: Record<string, unknown> | undefined;
  readonly now: number;
  readonly quirks: Quirks;
  /** In an answer about several tasks: which of them the quirks are of. */
  readonly hits?: ((task: Task) => boolean) | undefined;
  /** A fault on create that decides how the task ends. */
  readonly ending?: { readonly when: 'now' | 'drawn'; readonly failure?: TaskFailure | undefined } | undefined;
}

export function bearerOf(headers: IncomingHttpHeaders): string {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** A value from outside as text for a message or a comparison, whatever its type. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
