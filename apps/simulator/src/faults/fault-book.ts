import { chance } from '../chance.ts';
import { upstreamAccount, type ProviderName } from '../task.ts';
import { parseFault } from './fault-menu.ts';
import type { Fault, FaultyKind } from './fault.ts';

/** The faults that are switched on. The first one that fits a request and is due takes it; a request meets at most one. */
export class FaultBook {
  readonly #seed: number;
  #entries: Entry[] = [];

  constructor(seed: number, faults: readonly Fault[] = []) {
    this.#seed = seed;
    this.add(...faults);
  }

  add(...faults: readonly Fault[]): void {
    const parsed = faults.map((fault) => parseFault(fault));
    this.#entries.push(...parsed.map((fault) => ({ fault, seen: 0, hits: 0 })));
  }

  clear(): void {
    this.#entries = [];
  }

  /** Each fault with how many requests fitted it, and how many it hit. */
  list(): FaultState[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /** The fault that this request meets, counted. */
  take(target: FaultTarget): Fault | undefined {
    for (const entry of this.#entries) {
      if (fits(entry.fault, target) && this.#isDue(entry)) return entry.fault;
    }
    return undefined;
  }

  #isDue(entry: Entry): boolean {
    const { fault: { times = Infinity, after = 0, probability = 1 } } = entry;
    entry.seen += 1;
    if (entry.seen <= after || entry.hits >= times) return false;
    if (chance(this.#seed, 'fault', this.#entries.indexOf(entry), entry.seen) >= probability) return false;
    entry.hits += 1;
    return true;
  }
}

export interface FaultTarget {
  readonly kind: FaultyKind;
  readonly provider?: ProviderName | undefined;
  /** Of all the tasks that are asked for. */
  readonly prompt: string;
  /** Whether it is a question about several tasks. */
  readonly many?: boolean | undefined;
  /** Before the body is read only `reset-before-read` can hit; afterwards everything else. */
  readonly stage: 'headers' | 'whole';
}

export interface FaultState {
  readonly fault: Fault;
  readonly seen: number;
  readonly hits: number;
}

interface Entry {
  readonly fault: Fault;
  seen: number;
  hits: number;
}

function fits(fault: Fault, { kind, provider, prompt, many = false, stage }: FaultTarget): boolean {
  return fault.on === kind
    && (fault.what === 'reset-before-read') === (stage === 'headers')
    && isFor(fault, provider)
    && (fault.many === undefined || fault.many === many)
    && (fault.match === undefined || prompt.includes(fault.match));
}

function isFor({ provider, what }: Fault, target: ProviderName | undefined): boolean {
  const vendor = /^(allegro|kling|cloudsway|acedata|record):/.exec(what)?.[1];
  const owner = vendor === 'cloudsway' ? 'kling' : vendor === 'record' ? 'acedata' : vendor;
  const wanted = provider ?? owner;
  return wanted === undefined || (target !== undefined && (wanted === target || wanted === upstreamAccount(target)));
}
