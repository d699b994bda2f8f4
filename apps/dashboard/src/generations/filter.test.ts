import { expect, test } from 'vitest';
import { filterOf, filterQuery } from './filter.ts';

test('a filter is whole again after it was written into an address: an action on all that was found goes by it', () => {
  const times = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
  const words = { q: 'fox', provider: 'luma', batch: '_single', kind: 'asset', by: 'web', meta: 'a=1', task: 't', ...times };
  const filter = filterOf({ ...words, state: ['failed', 'queued'] });
  expect(filter).toMatchObject({ batch: '', createdBy: 'web', states: ['failed', 'queued'] });
  const written = filterQuery(filter);
  expect(written.getAll('state')).toEqual(['failed', 'queued']);
  written.delete('state');
  expect(Object.fromEntries(written)).toEqual(words);
});
