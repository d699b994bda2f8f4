/** Where results are collected from: the ledger and its stores, or the HTTP API of another machine. */
import type { Readable } from 'node:stream';
import type { PublicGeneration } from '@dailies/queue';

export interface Source {
  /** For people: "the batch boats". */
  title: string;
  /** Whether its videos are samples of simulated services. */
  isSimulated(): Promise<boolean>;
  rows(): AsyncIterable<SourceRow>;
  /** The bytes of one file; null: there is none. The caller must read the stream to its end or destroy it. */
  open(row: SourceRow, file: WantedFile, signal: AbortSignal): Promise<Readable | null>;
}

export interface SourceRow {
  shown: PublicGeneration;
  files: WantedFile[];
  /** The place that the ledger remembers. */
  folder?: string | undefined;
}

export interface WantedFile {
  file: string;
  sha256: string;
  bytes: number;
  /** The path under which the API serves it. */
  url?: string | undefined;
}
