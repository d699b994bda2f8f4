/**
 * Which generations are followed and what state each is in, with the counts per provider kept beside. Holds no prompt and no
 * record: thousands of generations cost next to nothing.
 */
import type { ProviderName } from '@dailies/providers';
import { STATES, type State } from '@dailies/queue';

export interface Member {
  id: string;
  provider: ProviderName;
  account: string;
  state: State;
  /** The line of the prompt file, if there is one. */
  line?: number | undefined;
}

export type StateCounts = Record<State, number>;

export class Board {
  readonly #members = new Map<string, Member>();
  readonly #counts = new Map<ProviderName, StateCounts>();

  constructor(members: Iterable<Member>) {
    for (const member of members) {
      this.#members.set(member.id, { ...member });
      this.countsOf(member.provider)[member.state] += 1;
    }
  }

  get size(): number {
    return this.#members.size;
  }

  members(): Iterable<Readonly<Member>> {
    return this.#members.values();
  }

  ids(): string[] {
    return [...this.#members.keys()];
  }

  get(id: string): Readonly<Member> | undefined {
    return this.#members.get(id);
  }

  /** Answers the previous state if the generation is followed and its state has changed. */
  move(id: string, state: State): State | null {
    const member = this.#members.get(id);
    if (member === undefined || member.state === state) return null;
    const before = member.state;
    const counts = this.countsOf(member.provider);
    counts[before] -= 1;
    counts[state] += 1;
    member.state = state;
    return before;
  }

  /** In the order in which they appeared. */
  providers(): ProviderName[] {
    return [...this.#counts.keys()];
  }

  accounts(): string[] {
    return [...new Set([...this.#members.values()].map((member) => member.account))];
  }

  countsOf(provider: ProviderName): StateCounts {
    let counts = this.#counts.get(provider);
    if (counts === undefined) {
      counts = noCounts();
      this.#counts.set(provider, counts);
    }
    return counts;
  }

  counts(): StateCounts {
    const sum = noCounts();
    for (const counts of this.#counts.values()) for (const state of STATES) sum[state] += counts[state];
    return sum;
  }
}

function noCounts(): StateCounts {
  return Object.fromEntries(STATES.map((state) => [state, 0])) as StateCounts;
}
