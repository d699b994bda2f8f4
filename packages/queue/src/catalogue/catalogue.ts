/**
 * The catalogue: what search, charts and lists need of every generation, in the memory of the process that shows it, by columns of numbers.
 * It is made of the ledger and follows it (follow-ledger.ts); it is never the record, writes nothing, and costs Redis no key.
 * docs/decisions/010 says why. About 250 bytes a generation.
 */
import { STATES, type State } from '../states.ts';
import { Names } from './names.ts';
import { TextArena } from './text-arena.ts';

/** What of a generation never changes. */
export interface FixedFacts {
  id: string;
  provider: string;
  account: string;
  batch: string;
  createdBy: string;
  createdAt: number;
  prompt: string;
  metadata: Record<string, unknown> | null;
}

/** What every transition may change. Times are epoch milliseconds, 0 for none. */
export interface ChangingFacts {
  state: State;
  kind: string;
  submittedAt: number;
  finishedAt: number;
  polls: number;
  refetched: boolean;
}

const STATE_NUMBERS = new Map<string, number>(STATES.map((state, at) => [state, at]));

export class Catalogue {
  readonly providers = new Names();
  readonly batches = new Names();
  readonly kinds = new Names();
  readonly creators = new Names();
  readonly texts = new TextArena();
  readonly #accounts = new Map<string, string[]>();
  readonly #rows = new Map<string, number>();
  readonly #ids: string[] = [];
  /** How many rows the first reading brought; they stand newest first. The rows after them were added one by one, oldest first. */
  #firstReading = 0;
  #reading = true;
  #capacity = 0;
  state = new Uint8Array(0);
  provider = new Uint8Array(0);
  batch = new Uint32Array(0);
  kind = new Uint16Array(0);
  creator = new Uint16Array(0);
  polls = new Uint16Array(0);
  refetched = new Uint8Array(0);
  createdAt = new Float64Array(0);
  submittedAt = new Float64Array(0);
  finishedAt = new Float64Array(0);

  get size(): number {
    return this.#ids.length;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  rowOf(id: string): number | undefined {
    return this.#rows.get(id);
  }

  idOf(row: number): string {
    return this.#ids[row] ?? '';
  }

  /** Empty: the generation is not in the catalogue. */
  providerOf(id: string): string {
    return this.providers.nameOf(this.provider[this.#rows.get(id) ?? -1] ?? 0);
  }

  /** Accounts that generations of this provider were given to, configured here or not. */
  accountsOf(provider: string): string[] {
    return this.#accounts.get(provider) ?? [];
  }

  stateOf(row: number): State {
    return STATES[this.state[row] ?? 0] ?? 'queued';
  }

  /** From now on rows are added in the order they are created. */
  endFirstReading(): void {
    if (this.#reading) this.#firstReading = this.size;
    this.#reading = false;
  }

  add(fixed: FixedFacts, changing: ChangingFacts): void {
    if (this.#rows.has(fixed.id)) return this.update(fixed.id, changing);
    const row = this.texts.add(searchable(fixed));
    if (row >= this.#capacity) this.#grow(Math.max(1_024, this.#capacity * 2));
    this.#rows.set(fixed.id, row);
    this.#ids.push(fixed.id);
    if (!this.accountsOf(fixed.provider).includes(fixed.account)) this.#accounts.set(fixed.provider, [...this.accountsOf(fixed.provider), fixed.account]);
    this.provider[row] = this.providers.numberOf(fixed.provider);
    this.batch[row] = this.batches.numberOf(fixed.batch);
    this.creator[row] = this.creators.numberOf(fixed.createdBy);
    this.createdAt[row] = fixed.createdAt;
    this.update(fixed.id, changing);
  }

  update(id: string, { state, kind, submittedAt, finishedAt, polls, refetched }: ChangingFacts): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.state[row] = STATE_NUMBERS.get(state) ?? 0;
    this.kind[row] = this.kinds.numberOf(kind);
    this.submittedAt[row] = submittedAt;
    this.finishedAt[row] = finishedAt;
    this.polls[row] = Math.min(polls, 65_535);
    this.refetched[row] = refetched ? 1 : 0;
  }

  /** Every row, newest first. */
  *newestFirst(): Generator<number> {
    const first = this.#reading ? this.size : this.#firstReading;
    for (let row = this.size - 1; row >= first; row -= 1) yield row;
    for (let row = 0; row < first; row += 1) yield row;
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.state = grown(new Uint8Array(capacity), this.state);
    this.provider = grown(new Uint8Array(capacity), this.provider);
    this.batch = grown(new Uint32Array(capacity), this.batch);
    this.kind = grown(new Uint16Array(capacity), this.kind);
    this.creator = grown(new Uint16Array(capacity), this.creator);
    this.polls = grown(new Uint16Array(capacity), this.polls);
    this.refetched = grown(new Uint8Array(capacity), this.refetched);
    this.createdAt = grown(new Float64Array(capacity), this.createdAt);
    this.submittedAt = grown(new Float64Array(capacity), this.submittedAt);
    this.finishedAt = grown(new Float64Array(capacity), this.finishedAt);
  }
}

function grown<Column extends { set(from: Column): void }>(to: Column, from: Column): Column {
  to.set(from);
  return to;
}

function searchable({ id, prompt, metadata }: FixedFacts): string {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${METADATA_MARK}${name}=${text}${METADATA_MARK}`;
  });
  return [id, prompt.slice(0, 3_000), ...entries].join('\n');
}

/** Around an entry of metadata, so that `shot=1` is not found in `shot=12`. */
export const METADATA_MARK = '\u0001';
