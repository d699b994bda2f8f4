/** An estimated amount as people read it on pages and in the command line. What costs less than half a hundredth is not shown as nothing. */
import type { Spend } from './bill.ts';

export function amountText({ amount, currency }: Pick<Spend, 'amount' | 'currency'>): string {
  return amount > 0 && amount < 0.005 ? `less than 0.01 ${currency}` : `about ${amount.toFixed(2)} ${currency}`;
}
