/**
 * Reads a body of JSON objects, one a line, as it arrives. Lines are handed on one by one, and never more than one is held as text. A caller that
 * stops in the middle, because it refuses what has come, need not read the rest: it is read here and thrown away.
 */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

export interface NdjsonLine {
  /** The line of the body, counted from 1. */
  line: number;
  text: string;
}

const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_LINE = 16 * 1024 * 1024;
const LINE_FEED = 0x0a;

export function isNdjson(request: IncomingMessage): boolean {
  return /^application\/(x-ndjson|ndjson|jsonl)\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

/** Skips blank lines. */
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
    if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) throw bodyTooLarge();
    // The rest is read although nobody wants it: a client that sends its whole body before it reads the answer would otherwise never finish sending.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw bodyTooLarge();
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
    // The client is gone. That is no fault of ours, and nobody is left to be told.
    if (request.destroyed && !(error instanceof Problem)) throw new Problem(400, 'malformed', 'The body broke off.');
    throw error;
  } finally {
    request.resume();
  }
}

function bodyTooLarge(): Problem {
  return tooLarge('The body is larger than 64 MB. Send it as several batches with ?append=true.');
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
