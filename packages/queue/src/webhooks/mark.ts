/**
 * A mark of the outbox: written by the transition in its one step, so that no event is lost; taken away only after the event has its job.
 * Marks of states that nobody is told of, and of an older form, read as null.
 */
import { createHash } from 'node:crypto';
import type { Store } from '../ledger/store.ts';
import { type State, TOLD } from '../states.ts';

interface GenerationMark {
  of: 'generation';
  id: string;
  round: number;
  state: ToldState;
}

interface BatchMark {
  of: 'batch';
  name: string;
  revision: number;
}

type ToldState = (typeof TOLD)[number];

export interface Mark {
  /** As it is in the outbox, and where in it. */
  text: string;
  score: string;
  /** Epoch milliseconds of the transition. */
  at: number;
  read: GenerationMark | BatchMark | null;
}

/** The oldest marks first. `outbox`: which of the two (keys.ts). */
export async function readMarks({ redis }: Store, outbox: string, most: number): Promise<Mark[]> {
  const found = await redis.zrange(outbox, '0', String(most - 1), 'WITHSCORES');
  const marks: Mark[] = [];
  for (let at = 0; at + 1 < found.length; at += 2) {
    const [text = '', score = ''] = found.slice(at, at + 2);
    marks.push({ text, score, at: Math.floor(Number(score)), read: readMark(text) });
  }
  return marks;
}

/** Call it only when the events of the marks have jobs, or have no endpoint. */
export async function removeMarks({ redis }: Store, outbox: string, marks: readonly Mark[]): Promise<void> {
  if (marks.length > 0) await redis.zrem(outbox, ...marks.map(({ text }) => text));
}

/** Leaves marks to a worker that knows the default endpoint, in a set of their own: the other workers need not look at a day's worth of them again. */
export async function leaveMarks({ redis, keys }: Store, marks: readonly Mark[]): Promise<void> {
  if (marks.length > 0) await redis.zadd(keys.outboxOfStandard, ...marks.flatMap(({ score, text }) => [score, text]));
}

/** The id of the event of a mark: the same however often and by whichever worker the mark is published; another one for every other mark. */
export function eventId(store: Store, mark: Mark): string {
  return `evt_${createHash('sha256').update(`${store.keys.tag}|${mark.text}|${mark.at}`).digest('hex').slice(0, 32)}`;
}

/** The id of the event that a batch in several shards is finished: the same whichever part was the last. `home`: the home of the batch. */
export function finishedId(home: Store, { name, revision }: { name: string; revision: number }): string {
  return `evt_${createHash('sha256').update(`${home.keys.tag}|batch:${name}:${revision}`).digest('hex').slice(0, 32)}`;
}

function readMark(text: string): Mark['read'] {
  const batch = /^batch:([^:]+):(\d+)$/.exec(text);
  if (batch !== null) return { of: 'batch', name: batch[1] ?? '', revision: Number(batch[2]) };
  const [, id = '', round, state = '', numbered] = /^([^:]+):(\d+):([a-z]+)(:\d+)?$/.exec(text) ?? [];
  return numbered !== undefined && isTold(state) ? { of: 'generation', id, round: Number(round), state } : null;
}

function isTold(state: string): state is ToldState & State {
  return (TOLD as readonly string[]).includes(state);
}
