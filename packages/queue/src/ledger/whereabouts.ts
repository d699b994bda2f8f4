/**
 * Where generations stand: of which provider and account, in which state, whether they are held (they have no job on purpose until something releases
 * them), and whether a cancel waits. Reads only these fields of each, since a batch may have ten thousand; changes nothing.
 */
import type { ProviderName } from '@dailies/providers';
import { chunked } from '../chunked.ts';
import type { HeldReason } from '../generation.ts';
import { fieldsOf } from './fields-of.ts';
import { fromShards } from '../shards/locate.ts';
import type { State } from '../states.ts';
import { hasWaitingCancel } from '../waiting-cancel.ts';
import type { Store } from './store.ts';

export interface Whereabouts {
  provider: ProviderName;
  account: string;
  state: State;
  held: HeldReason | null;
  hasWaitingCancel: boolean;
  /** The number of the shard that it was read from. */
  shard: number;
}

const PAGE = 1_000;

/** Of those that are there, in the order asked. */
export async function readWhereabouts(store: Store, ids: readonly string[]): Promise<Whereabouts[]> {
  const found: Whereabouts[] = [];
  for (const page of chunked(ids, PAGE)) {
    const here = await fromShards(store, page, whereaboutsHere, null);
    found.push(...here.filter((one) => one !== null));
  }
  return found;
}

async function whereaboutsHere(store: Store, ids: readonly string[]): Promise<(Whereabouts | null)[]> {
  const found = await fieldsOf(store, ids.map(store.keys.generation), ['provider', 'account', 'state', 'held', 'cancelRequested']);
  return found.map(([provider, account, state, held, wish]) =>
    provider == null || account == null || state == null
      ? null
      : {
          provider: provider as ProviderName,
          account,
          state: state as State,
          held: (held ?? null) as HeldReason | null,
          hasWaitingCancel: hasWaitingCancel({ state: state as State, cancelRequested: wish === '1' }),
          shard: store.number,
        },
  );
}
