/**
 * One question about many AceData tasks of one service. The answer's order, and what it leaves out, are not documented: records are matched
 * by their id and by nothing else.
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
  // An error beside a record, and not inside of it, is that of looking it up.
  // A list may leave out what is large: a record without `response` is of a task that waits, or that has ended without our seeing it.
  const found = records.filter((record) => service.errors.read(record) === undefined && record['response'] !== undefined);
  return certainAnswers(ids, found.map((record) => [idOfRecord(record), progressOfRecord(record, reader)] as const));
}
