/**
 * `Idempotency-Key`: the same key with the same request gets the same answer for a day; the same key with another request is refused. What is done
 * under a key is named by the nonce of its reservation, so that doing it again, after a crash or fifty times at once, is doing it once.
 */
import { createHash, randomUUID } from 'node:crypto';
import { answerKey, awaitReservedKey, keptAnswer, releaseKey, reserveKey } from '@dailies/queue';
import type { Request, Response } from 'express';
import type { ApiContext } from '../api-context.ts';
import { callerOf } from '../keys/caller.ts';
import { Problem } from './problem.ts';

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string> | undefined;
}

export interface Asked<Checked> {
  /** The request as one canonical text. */
  content: string;
  /** The nonce to use if this request is the first with its key. Default: a random one. */
  nonce?: string | undefined;
  /** Throws what is wrong with the request, so that a faulty one uses up no key. Its answer is given to `act`. */
  check: () => Checked;
  /** Gets the nonce, or null when no key was sent. It must be repeatable for the same nonce. */
  act: (nonce: string | null, checked: Checked) => Promise<Answer>;
}

/**
 * In characters. A report of 10,000 items fits, with the faults of some thousands. A larger answer is not kept but made again, so the operation must
 * be repeatable by itself.
 */
const MOST_KEPT = 4 * 1024 * 1024;

export async function answerOnce<Checked>(
  { desk: { store }, accepting }: Pick<ApiContext, 'desk' | 'accepting'>,
  request: Request,
  response: Response,
  { content: text, nonce = randomUUID(), check, act }: Asked<Checked>,
): Promise<void> {
  const key = readKey(request);
  if (key === null) return send(response, await act(null, check()));
  const name = hash([callerOf(response).name, key]);
  const content = hash([request.method, request.originalUrl, text]);
  let checked: Checked;
  try {
    checked = check();
  } catch (error) {
    // An older version may have accepted what is refused today. Whoever were told that nothing was done would ask for it in other words, and pay twice.
    const kept = await keptAnswer(store, name, content);
    if (kept === null) throw error;
    return replay(response, kept);
  }
  const reserved = await reserveKey(store, name, content, nonce);
  if (reserved.outcome === 'other') {
    throw new Problem(422, 'idempotency-key-reused', 'This Idempotency-Key was sent before with another request. Use a new key for a new request.');
  }
  if (reserved.outcome === 'answered') return replay(response, reserved.answer);
  // Too few replicas acknowledged. The reservation stays: some replicas may have it, and a retry asks for the same.
  await awaitReservedKey(store, accepting.replicas, name, reserved.nonce);
  let answer: Answer;
  try {
    answer = await act(reserved.nonce, checked);
  } catch (error) {
    // A refusal did nothing, so the key is freed, unless another request with it is under way: that one may have acted, and died since. After any other
    // error nobody knows what was done, and the reservation stays.
    if (error instanceof Problem && error.status < 500) await releaseKey(store, name, content);
    throw error;
  }
  const made = JSON.stringify(answer);
  send(response, made.length > MOST_KEPT ? answer : (JSON.parse(await answerKey(store, name, content, made)) as Answer));
}

function readKey(request: Request): string | null {
  const key = request.get('Idempotency-Key');
  if (key === undefined) return null;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'bad-idempotency-key', 'An Idempotency-Key has 1 to 255 printable ASCII characters without blanks, for example a UUID.');
}

function send(response: Response, { status, body, headers = {} }: Answer): void {
  response.status(status).set(headers).json(body);
}

function replay(response: Response, answer: string): void {
  response.set('Idempotent-Replayed', 'true');
  send(response, JSON.parse(answer) as Answer);
}

function hash(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
