/**
 * Who takes part in a whole-path benchmark: puts prompts in, has a worker (a process of its own) that makes them into files, and a server that
 * it keeps its state in. Everything below one folder, gone when the run ends.
 */
import type { ChildProcess } from 'node:child_process';
import type { ProcessCost } from './process-cost.ts';

export interface Contestant {
  name: string;
  /** Starts its server. Nothing works yet. */
  open(place: Place): Promise<Stand>;
}

export interface Place {
  /** Empty, its own. */
  folder: string;
  /** Where `<group>/<anything>.mp4` has to be in the end. */
  outFolder: string;
  upstreamUrl: string;
}

export interface Stand {
  /** Prompts `<group>/0` … in a process of its own; answers the seconds until all were accepted and, where that is later, until they can be worked on. */
  enqueue(group: string, count: number): Promise<Enqueued>;
  startWorker(): Promise<ChildProcess>;
  /** How many of the group are finished in its own books. */
  finished(group: string): Promise<number>;
  /** How the group ended, in its own words. */
  tells?(group: string): Promise<Record<string, number>>;
  server: {
    cost(): ProcessCost;
    /** Commands or transactions so far; NaN where nobody counts them. */
    operations(): Promise<number>;
  };
  close(): Promise<void>;
}

export interface Enqueued {
  acceptedSeconds: number;
  readySeconds: number;
}
