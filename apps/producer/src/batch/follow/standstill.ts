/**
 * Whether anything that is followed can still move by itself, and if not, why not and what a person can do about it. Pure.
 */
import type { ProviderName } from '@dailies/providers';
import { commandAfter, type HeldReason, isHeldBy, isTerminal, type Pause } from '@dailies/queue';
import type { Member } from './board.ts';

export interface Hindrance {
  why: 'pause' | 'held';
  provider: ProviderName;
  account: string;
  reason: string;
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

/** `own`: the account that this machine is configured for, by provider; null: none. */
export function standing(
  members: Iterable<Readonly<Member>>,
  pauses: readonly Pause[],
  held: ReadonlyMap<string, HeldReason>,
  suffix = '',
  own: (provider: ProviderName) => string | null = () => null,
): Standing {
  const found = new Map<string, Hindrance>();
  let moving = 0;
  for (const member of members) {
    if (isTerminal(member.state) || member.state === 'unresolved' || member.state === 'overdue') continue;
    const hindrance = hindranceOf(member, pauses, held.get(member.id), suffix, own(member.provider));
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
function hindranceOf(
  { state, provider, account }: Readonly<Member>,
  pauses: readonly Pause[],
  held: HeldReason | undefined,
  suffix: string,
  own: string | null,
): Omit<Hindrance, 'count'> | null {
  const place = { provider, account };
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
  const pause = pauses.find((one) => isHeldBy(one, { state, provider, account }));
  if (pause === undefined) return null;
  return { ...place, why: 'pause', reason: pause.reason, remedy: `${commandAfter(pause, provider)}${suffix}` };
}
