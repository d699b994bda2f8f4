/**
 * `Idempotency-Key`: the same key and request give the same answer for a day; the same key with another request is refused. What is done
 * under a key is named by the nonce of its reservation, so that doing it again, after a crash or by fifty hands, is doing it once.
 */
import { createHash, randomUUID } from 'node:crypto';
import { answerKey, awaitReservedKey, releaseKey, reserveKey } from '@dailies/queue';
import type { Request, Response } from 'express';
import type { House } from '../house.ts';
import { callerOf } from '../keys/caller.ts';
import { Problem } from './problem.ts';

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string> | undefined;
}

export interface Asked {
  /** What is asked, in one canonical text. */
  content: string;
  /** What the nonce is when this one is the first. Default: a random one. */
  nonce?: string | undefined;
}

/**
 * In characters: the report of 10,000 items fits, with the faults of some thousands. Larger answers are not kept, but made again: what makes
 * them must be repeatable by itself.
 */
const MOST_KEPT = 4 * 1024 * 1024;

/** `act` is given the nonce, and null where no key was sent. It must be repeatable for the same nonce. */
export async function answerOnce(
  { desk: { store }, accepting }: Pick<House, 'desk' | 'accepting'>,
  request: Request,
  response: Response,
  asked: Asked,
  act: (nonce: string | null) => Promise<Answer>,
): Promise<void> {
  const key = readKey(request);
  if (key === null) return send(response, await act(null));
  const name = hash([callerOf(response).name, key]);
  const content = hash([request.method, request.originalUrl, asked.content]);
  const reserved = await reserveKey(store, name, content, asked.nonce ?? randomUUID());
  if (reserved.outcome === 'other') {
    throw new Problem(422, 'idempotency-key-reused', 'This Idempotency-Key was sent before with another request. Use a new key for a new request.');
  }
  if (reserved.outcome === 'answered') {
    response.set('Idempotent-Replayed', 'true');
    return send(response, JSON.parse(reserved.answer) as Answer);
  }
  // Too few of them: the reservation stays, since some may have it, and whoever asks again asks for the same.
  await awaitReservedKey(store, accepting.replicas, name, reserved.nonce);
  let answer: Answer;
  try {
    answer = await act(reserved.nonce);
  } catch (error) {
    // A refusal did nothing, so the key is free again, if nobody else is at the same: that one may have done it, and have died since. After anything
    // else nobody knows, and the reservation stays.
    if (error instanceof Problem && error.status < 500) await releaseKey(store, name, content);
    throw error;
  }
  const text = JSON.stringify(answer);
  send(response, text.length > MOST_KEPT ? answer : (JSON.parse(await answerKey(store, name, content, text)) as Answer));
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

function hash(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
