/** What Kling says that a task has cost: `final_unit_deduction` in the older dialect, `billing` in the newer one (UPSTREAMS §6.4). In units of its packages. */
import type { Progress, ReportedCost } from '../provider.ts';
import { type JsonObject, numberOf, objectOf } from '../http/json.ts';

export function reportedIn(data: JsonObject): ReportedCost | undefined {
  const billing = Array.isArray(data['billing']) ? data['billing'].map(objectOf) : [];
  const units = billing.filter((row) => row?.['charge_type'] === 'unit').map((row) => numberOf(row?.['amount']));
  const amount = numberOf(data['final_unit_deduction']) ?? (units.length === 0 ? undefined : units.reduce((sum, one) => (sum ?? 0) + (one ?? 0), 0));
  return amount === undefined || !(amount >= 0) ? undefined : { amount, unit: 'units' };
}

export function withReported(progress: Progress | undefined, reported: ReportedCost | undefined): Progress | undefined {
  return progress?.state === 'succeeded' && reported !== undefined ? { ...progress, reported } : progress;
}
