/**
 * With REDIS_REPLICAS, what a person has stopped stays stopped after a fail-over: a cancel or a pause is answered only when so many replicas have it.
 * Otherwise work that somebody was told is stopped could go on and cost money. The stop itself never waits for replicas and is never undone: where they
 * are silent, whoever asked is told (MayBeForgotten), and may ask for the same again as often as they like.
 */
import { acknowledge, PATIENCE_MS, type Proof } from '../ledger/guard/acknowledge.ts';
import type { Store } from '../ledger/store.ts';
import { shardWith } from '../shards/routing.ts';
import type { Desk } from './desk.ts';

export class MayBeForgotten extends Error {
  override readonly name = 'MayBeForgotten';
  /** Whether it is gone already: to ask about the same again gives the same answer for ever. */
  readonly isForgotten: boolean;

  constructor(replicas: number, isForgotten = false) {
    super(
      `it is done, or noted, but it is not certain that replicas of Redis have that (REDIS_REPLICAS wants ${replicas}): a fail-over could forget it, or just ` +
        'has. Ask for the same again when the replicas follow',
    );
    this.isForgotten = isForgotten;
  }
}

export interface Stopped {
  id: string;
  account: string;
  shard?: number | undefined;
  /** False: only the wish is noted. It is decided at any moment and leaves the record then, so of a wish nothing can be proved but that replicas follow. */
  isCanceled: boolean;
  /** It was canceled before, so that it is proves nothing of what was written now. */
  isEarlier?: boolean | undefined;
}

/** Whether it does. False: a fail-over has forgotten it. Throws MayBeForgotten where too few replicas have it. */
export async function staysCanceled(desk: Desk, { id, account, shard }: Pick<Stopped, 'id' | 'account' | 'shard'>): Promise<boolean> {
  return stays(desk, shardWith(desk.store, { account, shard }), { id, account, isCanceled: true });
}

/** Of many, in the order in which they were written, the last one in each shard is asked about: replication keeps the order. Throws MayBeForgotten. */
export async function insistStopped(desk: Desk, many: readonly Stopped[]): Promise<void> {
  const inOrder = many.toSorted((one, other) => worth(one) - worth(other));
  const lastOf = new Map(inOrder.map((one) => [shardWith(desk.store, one), one]));
  await insistAll(desk, [...lastOf].map(([shard, one]) => stays(desk, shard, one)));
}

function worth({ isCanceled, isEarlier = false }: Stopped): number {
  return isCanceled ? (isEarlier ? 1 : 2) : 0;
}

/** `scope`: of a person's pause, which every shard keeps. Throws MayBeForgotten. */
export async function insistPaused(desk: Desk, scope: string): Promise<void> {
  await insistAll(desk, desk.store.shards.map((shard) => isKept(desk, shard, { key: shard.keys.pauses, has: scope })));
}

function stays(desk: Desk, shard: Store, { id, isCanceled }: Stopped): Promise<boolean> {
  return isKept(desk, shard, isCanceled ? { key: shard.keys.generation(id), field: 'state', is: 'canceled' } : null);
}

async function insistAll({ replicas = 0 }: Desk, asked: readonly Promise<boolean>[]): Promise<void> {
  const answers = await Promise.all(asked);
  if (answers.includes(false)) throw new MayBeForgotten(replicas, true);
}

async function isKept({ replicas = 0 }: Desk, shard: Store, proof: Proof | null): Promise<boolean> {
  const answer = await acknowledge(shard, replicas, proof, PATIENCE_MS);
  if (answer === 'few') throw new MayBeForgotten(replicas);
  return answer === 'yes';
}
