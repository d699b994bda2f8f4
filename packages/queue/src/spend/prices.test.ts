import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROVIDER_NAMES, PROVIDERS } from '@dailies/providers';
import { expect, onTestFinished, test } from 'vitest';
import type { Generation } from '../generation.ts';
import { estimatedCost } from './bill.ts';
import { loadPrices } from './prices.ts';

function pricesOf(table: unknown) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'dailies-prices-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'prices.json'), typeof table === 'string' ? table : JSON.stringify(table));
  return loadPrices(path.join(folder, 'prices.json'));
}

const kling = { provider: 'kling', ask: { model: 'kling-v2-6' }, request: { model: 'kling-v2-6', duration: '10' } } as unknown as Generation;

test('a row of the model comes before one of the provider, and seconds are those asked for', () => {
  const prices = pricesOf({ prices: [{ provider: 'kling', amount: 1, currency: 'USD' }, { provider: 'kling', model: 'kling-v2-6', amount: 0.07, currency: 'USD', per: 'second' }] });
  expect(estimatedCost(prices.bill(kling, 'success'))).toEqual({ amount: 0.7, currency: 'USD', basis: 'price' });
  expect(estimatedCost(prices.bill({ ...kling, ask: { model: 'kling-v1' } }, 'success'))).toMatchObject({ amount: 1 });
  expect(estimatedCost(prices.bill({ ...kling, ask: {} }, 'success')), 'where the request alone names its model').toMatchObject({ amount: 0.7 });
});

test('what is billed on acceptance is not billed on success, and the other way round', () => {
  const prices = pricesOf({ prices: [{ provider: 'kling', amount: 1, currency: 'USD', billedOn: 'acceptance' }] });
  expect([prices.bill(kling, 'acceptance') === undefined, prices.bill(kling, 'success') === undefined]).toEqual([false, true]);
});

test("the upstream's own figure comes first, in money where a unit has a price", () => {
  const reported = { amount: 3.5, unit: 'units' };
  expect(estimatedCost(pricesOf({ prices: [{ provider: 'kling', amount: 1, currency: 'USD' }] }).bill(kling, 'success', reported))).toEqual({ amount: 3.5, currency: 'units', basis: 'upstream' });
  expect(estimatedCost(pricesOf({ prices: [], units: [{ provider: 'kling', amount: 0.14, currency: 'USD' }] }).bill(kling, 'success', reported))).toEqual({ amount: 0.49, currency: 'USD', basis: 'upstream' });
  const others = pricesOf({ prices: [], units: [{ provider: 'luma', amount: 9, currency: 'USD' }] }).bill(kling, 'success', reported);
  expect(estimatedCost(others), "another provider's unit").toEqual({ amount: 3.5, currency: 'units', basis: 'upstream' });
  const inMoney = pricesOf({ prices: [], units: [{ provider: 'kling', amount: 0.14, currency: 'USD' }] }).bill(kling, 'success', { amount: 3.5, unit: 'EUR' });
  expect(estimatedCost(inMoney)).toEqual({ amount: 3.5, currency: 'EUR', basis: 'upstream' });
});

test('without a price nothing is made up', () => {
  expect(loadPrices(null).bill(kling, 'success')).toBeUndefined();
  expect(pricesOf({ prices: [{ provider: 'luma', amount: 1, currency: 'USD' }] }).bill(kling, 'success')).toBeUndefined();
  const perSecond = pricesOf({ prices: [{ provider: 'kling', amount: 0.07, currency: 'USD', per: 'second' }] });
  expect(perSecond.bill({ ...kling, request: { model: 'kling-v2-6' } }, 'success'), 'of seconds that nobody has asked for').toBeUndefined();
});

test.each([
  ['{', /is not JSON/],
  [{ prices: [{ provider: 'kling', amount: 1, currency: 'USD', perSecond: true }] }, /prices\.0/],
  [{ prices: [{ provider: 'kling', amount: 1, currency: 'USD' }, { provider: 'kling', amount: 2, currency: 'USD' }] }, /every other model: has two prices/],
  [{ prices: [{ provider: 'klng', amount: 1, currency: 'USD' }] }, /prices\.0\.provider: unknown provider "klng": did you mean "kling"\?/],
  [{ prices: [{ amount: 1, currency: 'USD' }] }, /prices\.0\.provider: is missing\. Known: allegro/],
  [{ prices: [{ provider: 'kling', amount: 1, currency: 'usd' }] }, /prices\.0\.currency: must be a code of three capitals/],
  [{ prices: [{ provider: 'kling', amount: -1, currency: 'USD' }] }, /prices\.0\.amount/],
  [{ prices: [], unit: [] }, /the whole: .*"unit"/],
  [{ prices: [], units: [{ provider: 'kling', amount: 1, currency: 'USD', per: 'second' }] }, /units\.0: .*"per"/],
])('a faulty table is refused with its place: %j', (table, message) => {
  expect(() => pricesOf(table)).toThrow(message);
});

test('a bill is of whole millionths, and no name of a model cuts it up', () => {
  const row = { provider: 'kling', amount: 0.0000014, currency: 'USD' };
  const prices = pricesOf({ prices: [row], units: [row] });
  expect(prices.bill({ ...kling, ask: { model: 'a|b' } }, 'success')).toBe('1|USD|price|a/b');
  expect(prices.bill(kling, 'success', { amount: 1, unit: 'units' })).toBe('1|USD|upstream|kling-v2-6');
});

test('a row of a model that nobody can ask for is told of, and keeps nothing from starting', () => {
  const prices = pricesOf({ prices: [{ provider: 'kling', amount: 1, currency: 'USD' }, { provider: 'kling', model: 'kling-v2-5-tubro', amount: 1, currency: 'USD' }, { provider: 'kling', model: 'sora', amount: 1, currency: 'USD' }] });
  expect(prices.doubts).toEqual([
    expect.stringMatching(/prices\.1\.model estimates nothing: kling: unknown model "kling-v2-5-tubro": did you mean "kling-v2-5-turbo"\?$/),
    expect.stringMatching(/prices\.2\.model estimates nothing: kling: unknown model "sora"\. Known: kling-v/),
  ]);
  expect(estimatedCost(prices.bill(kling, 'success'))).toMatchObject({ amount: 1 });
});

test('whatever model can be asked for can have a price', () => {
  for (const provider of PROVIDER_NAMES) {
    for (const model of ['default', ...PROVIDERS[provider].models]) expect(pricesOf({ prices: [{ provider, model, amount: 1, currency: 'USD' }] }).doubts).toEqual([]);
  }
  expect(pricesOf({ prices: [{ provider: 'kling', model: 'MaaS_KeLing_V9', amount: 1, currency: 'USD' }] }).doubts).toEqual([]);
});

test('a table with a byte order mark, as editors of Windows save it, is read', () => {
  expect(estimatedCost(pricesOf(`\uFEFF${JSON.stringify({ prices: [{ provider: 'kling', amount: 1, currency: 'USD' }] })}`).bill(kling, 'success'))).toMatchObject({ amount: 1 });
});

test('the example in examples/prices.json is a whole table', () => {
  expect(loadPrices(fileURLToPath(new URL('../../../../examples/prices.json', import.meta.url))).doubts).toEqual([]);
});
