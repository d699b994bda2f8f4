/**
 * SHA-256 on a thread of its own, one for the process: hashing is the largest part of what a download computes, and would hold up every other
 * one (bench/download.ts, two cores: 604 MiB/s without it, 704 with it). It keeps the process alive only while it is asked something.
 */
import { Worker } from 'node:worker_threads';

export interface StreamHash {
  /** Resolves when these bytes are counted; they are copied at once. */
  update(pieces: readonly Uint8Array[]): Promise<void>;
  /** The checksum in hex; ends it. */
  digest(): Promise<string>;
  /** Ends it without a checksum. Tolerates being called after `digest`. */
  drop(): void;
}

export function createStreamHash(): StreamHash {
  drawn += 1;
  const id = drawn;
  // The thread that a stream began with is kept for it. Should that end, the stream fails: a new thread would not have seen its earlier bytes.
  const own = (thread ??= start());
  return {
    update: async (pieces) => void (await ask(own, { id, what: 'update', pieces })),
    digest: () => ask(own, { id, what: 'digest' }),
    drop: () => own.worker.postMessage({ id, what: 'drop' }, []),
  };
}

interface Question {
  id: number;
  what: 'update' | 'digest';
  pieces?: readonly Uint8Array[];
}

interface Waiter {
  resolve: (digest: string) => void;
  reject: (error: Error) => void;
}

/** Questions are answered in their order. */
interface Thread {
  worker: Worker;
  waiters: Waiter[];
}

const ENDED = 'the thread that hashes has ended';

let thread: Thread | null = null;
let drawn = 0;

function ask(own: Thread, question: Question): Promise<string> {
  if (own !== thread) return Promise.reject(new Error(ENDED));
  const { worker, waiters } = own;
  return new Promise((resolve, reject) => {
    waiters.push({ resolve, reject });
    worker.ref();
    // The empty list: the pieces are copied, not moved to the thread, since they are still to be written to the disk.
    worker.postMessage(question, []);
  });
}

function start(): Thread {
  const started: Thread = { worker: new Worker(PROGRAM, { eval: true }), waiters: [] };
  started.worker.on('message', (digest: string) => {
    started.waiters.shift()?.resolve(digest);
    if (started.waiters.length === 0) started.worker.unref();
  });
  // Out of memory, for example. The downloads under way fail, and begin again with a new thread.
  const end = (error: Error): void => {
    if (thread === started) thread = null;
    for (const waiter of started.waiters.splice(0)) waiter.reject(error);
  };
  started.worker.on('error', end).on('exit', () => end(new Error(ENDED)));
  started.worker.unref();
  return started;
}

/** As text, since a thread is started from a file that Node itself can read, and ours are TypeScript in a clone and one bundle elsewhere. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const hashes = new Map();
parentPort.on('message', ({ id, what, pieces }) => {
  const hash = hashes.get(id) ?? createHash('sha256');
  if (what === 'update') {
    for (const piece of pieces) hash.update(piece);
    hashes.set(id, hash);
    parentPort.postMessage('');
    return;
  }
  hashes.delete(id);
  if (what === 'digest') parentPort.postMessage(hash.digest('hex'));
});
`;
