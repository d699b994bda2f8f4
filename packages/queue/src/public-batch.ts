/** A batch as users see it: HTTP, `--json`, webhooks. Its webhook address is not in it: that may hold a secret. */
import type { Batch } from './ledger/batches.ts';
import type { Counts } from './ledger/read.ts';

export interface PublicBatch {
  id: string;
  batch: string;
  total: number;
  counts: Counts;
  createdAt: string;
  finishedAt?: string;
  /** Grows each time the batch is finished anew. */
  revision: number;
  /** Name of the API key that made it. Others may have added to it: each generation names its own. */
  createdBy?: string;
}

export function publicBatch({ name, total, counts, createdAt, finishedAt, revision, createdBy }: Batch): PublicBatch {
  const finished = finishedAt === null ? {} : { finishedAt: new Date(finishedAt).toISOString() };
  const maker = createdBy === null ? {} : { createdBy };
  return { id: name, batch: name, total, counts, createdAt: new Date(createdAt).toISOString(), ...finished, revision, ...maker };
}
