/** Which row of a generation stays in its folder: by a row that is forgotten, or that an older one replaces, a video would be paid for once more. */
import { expect, test } from 'vitest';
import type { ManifestRow } from './manifest-row.ts';
import { rowOf } from './manifest-rows.ts';

const TASK = { task: { id: 't1' } };
const DOUBT = { history: [{ at: '2026-11-20T12:05:00.000Z', state: 'ambiguous' }] };
const EARLIER = [{ at: '2026-11-20T12:01:00.000Z', state: 'ambiguous' }];

const row = (facts: Partial<ManifestRow>): ManifestRow => ({
  id: 'one',
  state: 'queued',
  provider: 'kling',
  params: {},
  createdAt: '2026-11-20T12:00:00.000Z',
  videos: [],
  history: [],
  ...facts,
});

type Which = 'the ledger' | 'the folder' | 'neither';

test.each<[what: string, which: Which, now: Partial<ManifestRow>, old: Partial<ManifestRow> | null]>([
  ['what has ended', 'the ledger', { state: 'succeeded', ...TASK }, null],
  ['what was never submitted', 'neither', { state: 'queued' }, null],
  ['what is being submitted', 'neither', { state: 'submitting' }, null],
  ['what has a task', 'the ledger', { state: 'rendering', ...TASK }, null],
  ['what may have a task', 'the ledger', { state: 'ambiguous' }, null],
  ['a retry that is not paid yet', 'the folder', { state: 'queued', round: 2 }, { state: 'failed', ...TASK }],
  ['a retry that is paid', 'the ledger', { state: 'rendering', round: 2, task: { id: 't2' } }, { state: 'failed', ...TASK }],
  ['a retry that may be paid', 'the ledger', { state: 'ambiguous', round: 2 }, { state: 'failed', ...TASK }],
  ['what is only fetched again', 'the folder', { state: 'downloading', ...TASK }, { state: 'failed', ...TASK }],
  ['what has gone on since', 'the ledger', { state: 'downloading', ...TASK }, { state: 'rendering', ...TASK }],
  ['a doubt that has found its task', 'the ledger', { state: 'rendering', ...TASK }, { state: 'ambiguous', ...DOUBT }],
  ['a question that has found its task', 'the ledger', { state: 'rendering', ...TASK }, { state: 'unresolved' }],
  ['a doubt of a restored copy about what had a task', 'the folder', { state: 'ambiguous' }, { state: 'rendering', ...TASK }],
  ['an earlier round than on disk', 'the folder', { state: 'rendering', ...TASK }, { state: 'failed', round: 2, task: { id: 't2' } }],
  ['an earlier round than one on its way', 'the folder', { state: 'rendering', ...TASK }, { state: 'rendering', round: 2, task: { id: 't2' } }],
  ['a doubt that is over', 'neither', { state: 'queued', ...DOUBT }, { state: 'ambiguous', ...DOUBT }],
  ['a doubt that the ledger does not know of', 'the folder', { state: 'queued' }, { state: 'ambiguous', ...DOUBT }],
  ['a doubt after which the ledger has had none', 'the folder', { state: 'queued', history: EARLIER }, { state: 'ambiguous', ...DOUBT }],
  ['what is being submitted after a doubt', 'the folder', { state: 'submitting', ...DOUBT }, { state: 'ambiguous', ...DOUBT }],
  ['a doubt before the round of now', 'the folder', { state: 'queued', round: 2, ...DOUBT }, { state: 'ambiguous', ...DOUBT }],
  ['a doubt of a later round', 'the folder', { state: 'queued', ...DOUBT }, { state: 'ambiguous', round: 2, ...DOUBT }],
  ['a failure whose history has the doubt', 'the folder', { state: 'queued', ...DOUBT }, { state: 'failed', ...DOUBT }],
  ['what a restored copy waits for', 'the folder', { state: 'overdue', ...TASK }, { state: 'succeeded', ...TASK }],
  ['what a restored copy asks about', 'the folder', { state: 'unresolved' }, { state: 'succeeded', ...TASK }],
  ['a copy that has seen only an earlier round fail', 'the folder', { state: 'failed', ...TASK }, { state: 'succeeded', round: 2, task: { id: 't2' } }],
  ['what a person has canceled in a restored copy', 'the folder', { state: 'canceled', ...TASK }, { state: 'succeeded', ...TASK }],
  ['what a person has abandoned in a restored copy', 'the folder', { state: 'failed', failure: { kind: 'abandoned', message: '' } }, { state: 'succeeded', ...TASK }],
  ['what a restored copy asks about, which is on its way', 'the folder', { state: 'unresolved' }, { state: 'rendering', ...TASK }],
  ['what a restored copy asks about, which was sent again', 'the folder', { state: 'unresolved' }, { state: 'rendering', round: 2, task: { id: 't2' } }],
  ['what a person has canceled in a restored copy, and was sent', 'the folder', { state: 'canceled' }, { state: 'failed', ...TASK }],
  ['a copy that has seen an earlier round fail', 'the folder', { state: 'failed', ...TASK }, { state: 'failed', round: 2, task: { id: 't2' } }],
  ['what is canceled with its task', 'the ledger', { state: 'canceled', ...TASK }, { state: 'rendering', ...TASK }],
  ['what is overdue', 'the ledger', { state: 'overdue', ...TASK }, { state: 'rendering', ...TASK }],
  ['a question about what was never paid', 'the ledger', { state: 'unresolved' }, { state: 'ambiguous' }],
  ['a later round that is canceled', 'the ledger', { state: 'canceled', round: 2 }, { state: 'succeeded', ...TASK }],
  ['a failure of the very round', 'the ledger', { state: 'failed', ...TASK }, { state: 'succeeded', ...TASK }],
  ['a later round that is overdue', 'the ledger', { state: 'overdue', round: 2, task: { id: 't2' } }, { state: 'succeeded', ...TASK }],
  ['what is overdue and was not stored', 'the ledger', { state: 'overdue', ...TASK }, { state: 'failed', ...TASK }],
  ['another generation of the same id', 'the ledger', { state: 'unresolved' }, { state: 'succeeded', createdAt: '2026-11-01T12:00:00.000Z', ...TASK }],
])('%s: its row is that of %s', (_what, which, facts, before) => {
  const now = row(facts);
  const old = before === null ? undefined : row(before);
  expect(rowOf(now, old, false)).toBe({ 'the ledger': now, 'the folder': old, neither: undefined }[which]);
});

test('what the ledger has forgotten of what ended long ago stays in its row', () => {
  const old = row({ state: 'succeeded', params: { seed: 7 } });
  expect(rowOf(row({ state: 'succeeded' }), old, true)).toMatchObject({ params: { seed: 7 } });
  expect(rowOf(row({ state: 'succeeded' }), old, false)).toMatchObject({ params: {} });
});
