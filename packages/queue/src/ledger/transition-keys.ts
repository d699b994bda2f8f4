/** The keys of a transition, each by the name that the script has for it (apply-script.ts). */
import type { Keys } from './keys.ts';
import type { Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

const BY_NAME = {
  generation: (keys, { id }) => keys.generation(id),
  history: (keys, { id }) => keys.history(id),
  slots: (keys, { account }) => keys.slots(account),
  slotsOf: (keys, { account, provider }) => keys.slotsOf(account, provider),
  reserved: (keys, { account }) => keys.reserved(account),
  counts: (keys, { provider }) => keys.counts(provider),
  batch: (keys, { batch }) => keys.batch(batch),
  events: (keys) => keys.events,
  live: (keys) => keys.live,
  turns: (keys, { provider }) => keys.turns(provider),
  lanes: (keys, { provider }) => keys.lanes(provider),
  pauses: (keys) => keys.pauses,
  attended: (keys, { batch }) => keys.attended(batch),
  tasks: (keys, { account }) => keys.tasks(account),
  held: (keys, { account }) => keys.held(account),
  heldAccounts: (keys) => keys.heldAccounts,
  outbox: (keys) => keys.outbox,
  intents: (keys, { account }) => keys.intents(account),
  doubtful: (keys, { account }) => keys.doubtful(account),
  ended: (keys) => keys.ended,
  strays: (keys) => keys.strays,
  guard: (keys) => keys.guard,
  pollPauses: (keys) => keys.pollPauses,
} satisfies Record<string, (keys: Keys, generation: GenerationRef) => string>;

/** In the order of `transitionKeys`. */
export const KEY_NAMES: readonly string[] = Object.keys(BY_NAME);

export function transitionKeys({ keys }: Store, generation: GenerationRef): string[] {
  return Object.values(BY_NAME).map((key) => key(keys, generation));
}
