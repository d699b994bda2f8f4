/**
 * Polls many AceData tasks of one service with one request. It is not documented in which order the answer holds them, nor which it leaves out, so
 * records are matched by their id alone.
 */
import type { Call, Progress } from '../provider.ts';
import { certainAnswers } from '../certain-answers.ts';
import { objectOf } from '../http/json.ts';
import { ProviderError } from '../provider-error.ts';
import { retrieveMany, type Service } from './client.ts';
import { idOfRecord, progressOfRecord, type RecordReader } from './record.ts';

export async function pollRecords(service: Service, ids: readonly string[], call: Call, reader: RecordReader): Promise<Map<string, Progress>> {
  const { items } = await retrieveMany(service, ids, call);
  if (!Array.isArray(items)) throw new ProviderError('protocol', `${reader.title} answered a question about many tasks without a list.`);
  const records = items.map(objectOf).filter((item) => item !== undefined);
  // An error beside the record, not inside of it, is an error of the look-up.
  // A list may leave out large fields. A record without `response` may belong to a task that waits, or to one that has ended.
  const found = records.filter((record) => service.errors.read(record) === undefined && record['response'] !== undefined);
  return certainAnswers(ids, found.map((record) => [idOfRecord(record), progressOfRecord(record, reader)] as const));
}
