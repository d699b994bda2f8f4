/**
 * A body of JSON objects, one a line, read as it comes: its lines are handed on one by one, and never is more than one held as text.
 * Whoever stops in the middle, since what has come is refused, need not care for the rest: it is taken and thrown away.
 */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

export interface NdjsonLine {
  /** Of the body, from 1. */
  line: number;
  text: string;
}

const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_LINE = 16 * 1024 * 1024;
const LINE_FEED = 0x0a;

export function isNdjson(request: IncomingMessage): boolean {
  return /^application\/(x-ndjson|ndjson|jsonl)\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

/** Blank lines are left out. */
export async function* readNdjson(request: IncomingMessage): AsyncGenerator<NdjsonLine> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Problem(415, 'unsupported-type', 'NDJSON is read as it is: send it without Content-Encoding.');
  let bytes = 0;
  let line = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const finish = (last: Buffer): NdjsonLine | null => {
    line += 1;
    const text = decoded(begun.length === 0 ? last : Buffer.concat([...begun, last]), line);
    begun = [];
    begunBytes = 0;
    return text.trim() === '' ? null : { line, text };
  };
  try {
    // A stream that is left in the middle is destroyed, and nobody reads on: who sends all of a body before it looks for the answer would send for ever.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw tooLarge('The body is larger than 64 MB. Send it as several batches with ?append=true.');
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
        const whole = finish(chunk.subarray(from, end));
        if (whole !== null) yield whole;
        from = end + 1;
      }
      begunBytes += chunk.length - from;
      if (begunBytes > LONGEST_LINE) throw tooLarge(`Line ${line + 1} is longer than 16 MB.`);
      if (from < chunk.length) begun.push(chunk.subarray(from));
    }
    const last = finish(Buffer.alloc(0));
    if (last !== null) yield last;
  } catch (error) {
    // Whoever sent it is gone: no fault of ours, though nobody hears of it any more.
    if (request.destroyed && !(error instanceof Problem)) throw new Problem(400, 'malformed', 'The body broke off.');
    throw error;
  } finally {
    request.resume();
  }
}

function tooLarge(detail: string): Problem {
  return new Problem(413, 'too-large', detail);
}

function decoded(bytes: Buffer, line: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'malformed', `Line ${line} is not UTF-8.`);
  }
}
