/** The pauses that keep generations of a batch from moving, each with how many of a provider it holds and the command that ends it. */
import type { ProviderName } from '@dailies/providers';
import { type Batch, batchIds, commandAfter, isHeldBy, type Pause, pauses, readWhereabouts, type Store } from '@dailies/queue';
import { type ShownPause, shownPause } from '../overview.ts';
import type { Member } from './follow/board.ts';

export interface HoldingPause extends ShownPause {
  provider: ProviderName;
  count: number;
  remedy: string;
}

type Waiting = Pick<Member, 'provider' | 'account' | 'state'>;

/** Reads the generations only if there is a pause, and if some of them could be held by it. */
export async function pausesOfBatch(store: Store, batch: Batch, suffix: string): Promise<HoldingPause[]> {
  const { queued, rendering, ambiguous, overdue } = batch.counts;
  if (queued + rendering + ambiguous + overdue === 0) return [];
  const standing = await pauses(store);
  if (standing.length === 0) return [];
  return holdingPauses(await readWhereabouts(store, await batchIds(store, batch.name)), standing, suffix);
}

/** Of generations that a person has just set going again: that is so, whatever can be said of it now. */
export async function pausesOfSome(store: Store, ids: readonly string[], suffix: string): Promise<HoldingPause[]> {
  const standing = await pauses(store).catch(() => []);
  if (standing.length === 0) return [];
  return readWhereabouts(store, ids).then((members) => holdingPauses(members, standing, suffix), () => []);
}

/** Pure. `suffix`: what a suggested command must end with, such as ` --simulate`. */
export function holdingPauses(members: readonly Waiting[], standing: readonly Pause[], suffix: string): HoldingPause[] {
  return standing.flatMap((pause) => {
    const counts = new Map<ProviderName, number>();
    for (const one of members) if (isHeldBy(pause, one)) counts.set(one.provider, (counts.get(one.provider) ?? 0) + 1);
    return [...counts].map(([provider, count]) => ({ ...shownPause(pause), provider, count, remedy: `${commandAfter(pause, provider)}${suffix}` }));
  });
}
