/** A bill: what one round of a generation is estimated to have cost, as the ledger keeps it. Amounts are whole millionths, so that sums are exact. */
export interface Bill {
  /** Millionths of the currency. */
  micros: number;
  /** ISO 4217, or `units` where the upstream counts in its own. */
  currency: string;
  basis: Basis;
  model: string;
}

/** `upstream`: its own figure. `price`: from the price table. `guide`: from a row that is marked as a guess. */
type Basis = 'upstream' | 'price' | 'guide';

export interface EstimatedCost {
  amount: number;
  currency: string;
  basis: Basis;
}

export function encodeBill({ micros, currency, basis, model }: Bill): string {
  return `${micros}|${currency}|${basis}|${model}`;
}

export function estimatedCost(bill: string | undefined): EstimatedCost | undefined {
  const [micros, currency, basis] = (bill ?? '').split('|');
  if (micros === undefined || currency === undefined || basis === undefined) return undefined;
  return { amount: Number(micros) / 1e6, currency, basis: basis as Basis };
}

/** One sum of a provider or of a batch. */
export interface Spend {
  model: string;
  currency: string;
  amount: number;
}

/** The counters of a hash (spend-script.ts). */
export function spendIn(fields: Readonly<Record<string, string>>): Spend[] {
  return Object.entries(fields).flatMap(([field, micros]) => {
    const [kind, currency, ...model] = field.split('|');
    return kind === 'spend' && currency !== undefined ? [{ model: model.join('|'), currency, amount: Number(micros) / 1e6 }] : [];
  });
}

/** The same model and currency of several hashes together. */
export function sumOfSpend(parts: readonly Spend[][]): Spend[] {
  if (parts.length === 1) return parts[0] ?? [];
  const sums = new Map<string, Spend>();
  for (const spend of parts.flat()) {
    const name = `${spend.currency}|${spend.model}`;
    sums.set(name, { ...spend, amount: spend.amount + (sums.get(name)?.amount ?? 0) });
  }
  return [...sums.values()];
}
