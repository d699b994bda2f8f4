import { expect, test } from 'vitest';
import { amountText } from './amount-text.ts';

test.each([[1.25, 'about 1.25 USD'], [0.005, 'about 0.01 USD'], [0.004, 'less than 0.01 USD'], [0, 'about 0.00 USD']])('an estimated amount of %s reads "%s"', (amount, text) => {
  expect(amountText({ amount, currency: 'USD' })).toBe(text);
});
