/**
 * What the API answers when it does not do what was asked: application/problem+json (RFC 9457), with the field, what is wrong with it and what to do.
 * The code that finds the problem throws it. It must never show internals: no stack, no key of Redis, no path of this machine.
 */
import { STATUS_CODES } from 'node:http';
import type { FieldFault, ShardWait } from '@dailies/queue';
import type { Response } from 'express';
import { sendEarly } from './early-answer.ts';
import type { ProblemCode } from './problem-codes.ts';

export interface ProblemError extends FieldFault {
  /** JSON pointer into the body. Absent: the problem concerns the whole request. */
  pointer?: string | undefined;
  /** The item of a batch, counted from 0. */
  item?: number | undefined;
}

interface ProblemMore {
  errors?: readonly ProblemError[] | undefined;
  headers?: Record<string, string> | undefined;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];
  readonly headers: Record<string, string>;

  /** `code`: for programs; it never changes its meaning. `detail`: for people, what is wrong and what to do. */
  constructor(status: number, code: ProblemCode, detail: string, { errors = [], headers = {} }: ProblemMore = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.headers = headers;
  }
}

const MOST_SHOWN = 100;

export async function sendProblem(response: Response, problem: Problem): Promise<void> {
  const { status, code, message, errors, headers } = problem;
  const shown = errors.slice(0, MOST_SHOWN).map(({ pointer, item, field, message: wrong, remedy }) => ({
    ...(pointer === undefined ? {} : { pointer }),
    ...(item === undefined ? {} : { item }),
    field,
    detail: wrong,
    remedy,
  }));
  const body = {
    type: `/docs#problem-${code}`,
    title: STATUS_CODES[status] ?? 'Problem',
    status,
    code,
    detail: errors.length > MOST_SHOWN ? `${message} The first ${MOST_SHOWN} of ${errors.length} faults are shown.` : message,
    ...(shown.length === 0 ? {} : { errors: shown }),
    requestId: String(response.getHeader('X-Request-Id') ?? ''),
  };
  response.status(status).set(headers).set('Cache-Control', 'no-store').type('application/problem+json; charset=utf-8');
  await sendEarly(response, JSON.stringify(body));
}

/** `params.duration` → `/params/duration`, under `base`. */
export function pointed(faults: readonly FieldFault[], base = '', item?: number): ProblemError[] {
  return faults.map((fault) => ({ ...fault, pointer: fault.field === null ? base : `${base}/${fault.field.split('.').map(escaped).join('/')}`, item }));
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function notFound(what: string): Problem {
  return new Problem(404, 'not-found', `There is no ${what}.`);
}

export function tooLarge(megabytes: number): Problem {
  const detail = `The body is larger than ${megabytes} MB. Send less at once, or give images as links.`;
  return new Problem(413, 'too-large', detail, { headers: { Connection: 'close' } });
}

/** `waits`: the shards of a Redis Cluster that cannot be reached now, and why. */
export function redisAway(waits: readonly ShardWait[]): Problem {
  const why = waits.length === 0 ? 'Redis does not answer.' : waits.map(({ text }) => text).join(' ');
  // An answer of Redis that comes too late was no answer: what it accepted at the last moment nobody knows here.
  const remedy = 'Nothing is accepted in part. Ask again, with the same Idempotency-Key or id: what was accepted all the same is not made a second time.';
  return new Problem(503, 'redis-away', `${why} ${remedy}`, {
    headers: { 'Retry-After': '2' },
  });
}
