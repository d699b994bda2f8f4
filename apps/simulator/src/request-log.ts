import type { ProviderName } from './task.ts';

/** The last requests to both origins, compact and bounded. It keeps neither bodies nor keys nor query strings. */
export class RequestLog {
  readonly #capacity: number;
  #ring: LoggedRequest[] = [];
  #next = 0;
  #waiters: Waiter[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(request: Omit<LoggedRequest, 'number'>): LoggedRequest {
    const entry: LoggedRequest = { number: this.#next + 1, ...request, path: request.path.slice(0, 200) };
    this.#ring[this.#next % this.#capacity] = entry;
    this.#next += 1;
    return entry;
  }

  /** The simulator has decided what to answer; whoever waits for such a request hears of it. */
  settle(entry: LoggedRequest, status: number, fault?: string): void {
    entry.status = status;
    if (fault !== undefined) entry.fault = fault;
    for (const waiter of this.#waiters) if (waiter.matches(entry)) waiter.resolve({ ...entry });
    this.#waiters = this.#waiters.filter((waiter) => !waiter.matches(entry));
  }

  /** The next request, from now on, that is like this. */
  next(matches: (request: LoggedRequest) => boolean): Promise<LoggedRequest> {
    return new Promise((resolve) => this.#waiters.push({ matches, resolve }));
  }

  entries(filter: RequestFilter = {}): LoggedRequest[] {
    const start = this.#next % this.#capacity;
    const ordered = this.#next <= this.#capacity ? this.#ring : [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
    return ordered.filter((entry) => matchesFilter(entry, filter)).map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#ring = [];
    this.#next = 0;
  }
}

export type RequestKind = 'create' | 'poll' | 'list' | 'asset' | 'other';

export interface LoggedRequest {
  readonly number: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly provider?: ProviderName | undefined;
  kind: RequestKind;
  /** Whether the request carried an Authorization header. On an asset this is a leaked key. */
  readonly authorization: boolean;
  taskId?: string | undefined;
  /** The rest of a question about many. */
  otherTaskIds?: readonly string[] | undefined;
  sinceAcceptedMs?: number | undefined;
  status?: number | undefined;
  fault?: string | undefined;
}

export interface RequestFilter {
  kind?: string | undefined;
  provider?: string | undefined;
  taskId?: string | undefined;
}

interface Waiter {
  readonly matches: (request: LoggedRequest) => boolean;
  readonly resolve: (request: LoggedRequest) => void;
}

function matchesFilter(entry: LoggedRequest, { kind, provider, taskId }: RequestFilter): boolean {
  return (kind === undefined || entry.kind === kind)
    && (provider === undefined || entry.provider === provider)
    && (taskId === undefined || entry.taskId === taskId || entry.otherTaskIds?.includes(taskId) === true);
}
