/** What the catalogue takes from the record of a generation. Ids that are not in the ledger are left out. */
import type { State } from '../states.ts';
import type { Store } from '../ledger/store.ts';
import { fieldsOf } from '../ledger/fields-of.ts';
import { fromShards } from '../shards/locate.ts';
import type { ChangingFacts, FixedFacts } from './catalogue.ts';

const CHANGING = ['state', 'failure', 'submittedAt', 'finishedAt', 'polls', 'refetched'] as const;
const FIXED = ['provider', 'account', 'batch', 'createdBy', 'createdAt', 'ask', 'metadata'] as const;

export async function readFacts(store: Store, ids: readonly string[]): Promise<{ fixed: FixedFacts; changing: ChangingFacts }[]> {
  const rows = await readFields(store, ids, [...CHANGING, ...FIXED]);
  return rows.flatMap(({ id, values }) => {
    const [provider, account, batch, createdBy, createdAt, ask, metadata] = values.slice(CHANGING.length);
    const changing = changingOf(values);
    if (changing === null) return [];
    const prompt = objectOf(ask)?.['prompt'];
    const fixed = {
      id,
      provider: provider ?? '',
      account: account ?? '',
      batch: batch ?? '',
      createdBy: createdBy ?? '',
      createdAt: Number(createdAt ?? 0),
      prompt: typeof prompt === 'string' ? prompt : '',
      metadata: objectOf(metadata),
    };
    return [{ fixed, changing }];
  });
}

export async function readChanges(store: Store, ids: readonly string[]): Promise<{ id: string; changing: ChangingFacts }[]> {
  const rows = await readFields(store, ids, CHANGING);
  return rows.flatMap(({ id, values }) => {
    const changing = changingOf(values);
    return changing === null ? [] : [{ id, changing }];
  });
}

async function readFields(store: Store, ids: readonly string[], fields: readonly string[]): Promise<Row[]> {
  const rows = await fromShards<Row | null>(store, ids, (shard, some) => fieldsHere(shard, some, fields), null);
  return rows.filter((row) => row !== null);
}

interface Row {
  id: string;
  values: (string | null)[];
}

async function fieldsHere(store: Store, ids: readonly string[], fields: readonly string[]): Promise<Row[]> {
  const answers = await fieldsOf(store, ids.map(store.keys.generation), fields);
  return ids.map((id, at) => ({ id, values: answers[at] ?? [] }));
}

function changingOf([state, failure, submittedAt, finishedAt, polls, refetched]: readonly (string | null)[]): ChangingFacts | null {
  if (state === null || state === undefined) return null;
  const kind = objectOf(failure)?.['kind'];
  return {
    state: state as State,
    kind: typeof kind === 'string' ? kind : '',
    submittedAt: Number(submittedAt ?? 0),
    finishedAt: Number(finishedAt ?? 0),
    polls: Number(polls ?? 0),
    refetched: refetched === '1',
  };
}

/** Null where it is no JSON object, as another version may have written it: then it is not searched. */
function objectOf(text: string | null | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
