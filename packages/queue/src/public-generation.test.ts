import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../test/support/ledger.ts';
import { STATES } from './states.ts';
import { publicGeneration } from './public-generation.ts';

test('no link is shown with its query, wherever it was given', async () => {
  const ledger = openTestLedger();
  const link = 'https://images.example/a.png?sig=MARKED';
  const request = { prompt: 'is https://x.example/?a=1 a prompt', first_image_url: link, image_url: [link], masks: [{ mask: link, at: 1 }], tail: 'data:image/png;base64,MARKED', duration: '5' };
  await accept(ledger.store, null, [newGeneration('g1', { ask: { prompt: 'p', image: link }, request, webhook: 'https://hooks.example/x?token=MARKED' })]);
  const shown = publicGeneration(await ledger.generation('g1'));
  expect(JSON.stringify(shown)).not.toContain('MARKED');
  expect(shown).toMatchObject({
    image: 'https://images.example/a.png',
    webhook: 'https://hooks.example/x',
    params: { first_image_url: 'https://images.example/a.png', image_url: ['https://images.example/a.png'], masks: [{ mask: 'https://images.example/a.png', at: 1 }], tail: 'data:', duration: '5' },
  });
});

test('a cancel is shown as requested only while it waits, though the record keeps the wish where it came to nothing', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const wished = { ...(await ledger.generation('g1')), cancelRequested: true };
  const shown = STATES.filter((state) => publicGeneration({ ...wished, state }).cancelRequested === true);
  expect(shown).toEqual(['queued', 'submitting', 'ambiguous', 'unresolved', 'rendering']);
});
