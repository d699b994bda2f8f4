/** All operations there are. */
import type { MetricsPage } from '@dailies/telemetry';
import { cancelBatch } from './batches/cancel.ts';
import { createBatch } from './batches/create.ts';
import { batchEvents } from './batches/events.ts';
import { getBatch, listOfBatch } from './batches/one.ts';
import { cancelOne } from './generations/cancel.ts';
import { createGeneration } from './generations/create.ts';
import { listAll } from './generations/list-all.ts';
import { getGeneration } from './generations/one.ts';
import { resolveOne } from './generations/resolve.ts';
import { retryOne } from './generations/retry.ts';
import { getExtra, getThumbnail, getVideo } from './generations/videos.ts';
import type { ApiContext } from './api-context.ts';
import type { Operation } from './operation.ts';
import { serviceOperations } from './service/operations.ts';

export function allOperations(api: ApiContext, metrics: MetricsPage): Operation[] {
  const each = [
    createGeneration, listAll, getGeneration, cancelOne, retryOne, resolveOne, getVideo, getThumbnail, getExtra, createBatch, getBatch, listOfBatch,
    batchEvents, cancelBatch,
  ];
  return [...each.map((operation) => operation(api)), ...serviceOperations(api, metrics)];
}
