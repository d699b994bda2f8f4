import { isObject } from '../request-body.ts';
import { PUBLISHED_RECORDS } from '../upstreams/acedata-published-records.ts';
import type { ProviderAccount, ProviderName } from '../task.ts';
import { API_FAULTS } from './api-faults.ts';
import { ASSET_FAULTS } from './asset-faults.ts';
import { errorRowNames, isErrorRow } from './error-rows.ts';
import type { Fault, FaultyKind } from './fault.ts';
import { TASK_FAULTS } from './task-faults.ts';
import { shown } from '../upstreams/upstream.ts';

/** The fault in a value from outside; throws what is wrong with it and what would be right. */
export function parseFault(value: unknown): Fault {
  const fields = fieldsOf(value);
  for (const [name, given] of Object.entries(fields)) {
    const type = FIELDS[name];
    if (type === undefined) throw new Error(`Fault field ${name} is unknown. The fields are: ${Object.keys(FIELDS).join(', ')}.`);
    if (given !== undefined && typeof given !== type) throw new Error(`Fault field ${name} must be a ${type}.`);
  }
  const fault = value as Fault;
  if (!KINDS.includes(fault.on)) throw new Error(`Fault field on is ${shown(fields['on'])}: it must be one of ${KINDS.join(', ')}.`);
  if (fault.provider !== undefined && !PROVIDERS.includes(fault.provider)) {
    throw new Error(`Fault field provider is ${fault.provider}: it must be one of ${PROVIDERS.join(', ')}.`);
  }
  if (!faultNames(fault.on).includes(fault.what) && !(fault.on !== 'asset' && isErrorRow(fault.what ?? ''))) {
    throw new Error(`Fault field what is ${shown(fields['what'])}, which nothing on ${fault.on} can do. It can: ${faultNames(fault.on).join(', ')}.`);
  }
  if (fault.what === 'reset-before-read' && fault.match !== undefined) {
    throw new Error('reset-before-read cannot have match: the prompt has not been read yet.');
  }
  return fault;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new Error('A fault is a JSON object, for example {"on":"poll","what":"500","times":2}.');
}

/** The menu of one kind of request. */
export function faultNames(on: FaultyKind): string[] {
  if (on === 'asset') return Object.keys(ASSET_FAULTS);
  return [...Object.keys(API_FAULTS), ...Object.keys(TASK_FAULTS), ...RECORDS, ...errorRowNames()];
}

export const KINDS: readonly FaultyKind[] = ['create', 'poll', 'list', 'asset'];

const PROVIDERS: ReadonlyArray<ProviderName | ProviderAccount> = ['allegro', 'kling', 'hailuo', 'pika', 'luma', 'acedata'];
const RECORDS = Array.from({ length: PUBLISHED_RECORDS }, (_, index) => `record:${index + 1}`);
const FIELDS: Readonly<Record<string, string>> = {
  what: 'string', on: 'string', provider: 'string', times: 'number', after: 'number', probability: 'number', match: 'string', many: 'boolean',
  accepted: 'boolean', ms: 'number', bytes: 'number', reason: 'string', code: 'string', url: 'string',
};
