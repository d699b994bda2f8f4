/**
 * Whether anything that is followed can still move by itself, and if not, why not and what a person can do about it. Pure.
 */
import type { ProviderName } from '@dailies/providers';
import { commandAfter, type HeldReason, isHeldBy, isTerminal, type Pause, pauseStep } from '@dailies/queue';
import type { Member } from './board.ts';

export interface Hindrance {
  why: 'pause' | 'held';
  provider: ProviderName;
  account: string;
  reason: string;
  /** What is to be done first, if anything. */
  step?: string | undefined;
  /** The command, or whatever else helps. */
  remedy: string;
  count: number;
}

export interface Standing {
  /** How many can still move by themselves. */
  moving: number;
  /** Why others cannot. Terminal, unresolved and overdue generations are not counted here. */
  hindrances: Hindrance[];
}

/** What can keep a generation from moving. */
interface Hindering {
  pauses: readonly Pause[];
  /** Why each generation is held that is, by its id. */
  held: ReadonlyMap<string, HeldReason>;
  /** The account that this machine is configured for, by provider; null: none. */
  own: (provider: ProviderName) => string | null;
  /** What a command needs at its end (` --simulate`). */
  suffix: string;
}

export function standing(members: Iterable<Readonly<Member>>, hindering: Hindering): Standing {
  const found = new Map<string, Hindrance>();
  let moving = 0;
  for (const member of members) {
    if (isTerminal(member.state) || member.state === 'unresolved' || member.state === 'overdue') continue;
    const hindrance = hindranceOf(member, hindering);
    if (hindrance === null) {
      moving += 1;
      continue;
    }
    const key = `${hindrance.provider} ${hindrance.account} ${hindrance.reason}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...hindrance, count: 1 });
    else known.count += 1;
  }
  return { moving, hindrances: [...found.values()] };
}

/** Unattended generations are not hindered: following attends and releases them. Nor are offered ones: a worker of their account releases them. */
function hindranceOf({ id, state, provider, account }: Readonly<Member>, hindering: Hindering): Omit<Hindrance, 'count'> | null {
  const place = { provider, account };
  const held = hindering.held.get(id);
  const own = hindering.own(provider);
  if (held === 'origin' || (held === 'offered' && own !== null && own !== account)) {
    return {
      ...place,
      why: 'held',
      reason: `they were enqueued for ${account}, and the worker is configured for another key or address`,
      remedy: `set ${provider}'s base URL as it was, or cancel them`,
    };
  }
  if (held === 'dropped') {
    return { ...place, why: 'held', reason: 'a later file of this batch no longer has them', remedy: 'run this file again when nothing else runs this batch' };
  }
  const pause = hindering.pauses.find((one) => isHeldBy(one, { state, provider, account }));
  if (pause === undefined) return null;
  const step = pauseStep(pause);
  return { ...place, why: 'pause', reason: pause.reason, ...(step === '' ? {} : { step }), remedy: `${commandAfter(pause, provider)}${hindering.suffix}` };
}
