/**
 * A contestant of the whole-path benchmarks: it takes prompts, has a worker (a process of its own) that turns them into files, and a server that
 * keeps its state. Everything is below one folder, and gone when the run ends.
 */
import type { ChildProcess } from 'node:child_process';
import type { ProcessCost } from './process-cost.ts';

export interface Contestant {
  name: string;
  /** Starts its server, but no worker. */
  open(place: Place): Promise<Stand>;
}

export interface Place {
  /** Empty, its own. */
  folder: string;
  /** Its worker puts the files at `<group>/<anything>.mp4` in here. */
  outFolder: string;
  upstreamUrl: string;
}

export interface Stand {
  /** Puts in the prompts `<group>/0` …, from a process of its own; answers how long that took. */
  enqueue(group: string, count: number): Promise<Enqueued>;
  startWorker(): Promise<ChildProcess>;
  /** How many prompts of the group are finished, by its own books. */
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

/** Seconds until all prompts were accepted, and until all of them could be worked on. */
export interface Enqueued {
  acceptedSeconds: number;
  readySeconds: number;
}
