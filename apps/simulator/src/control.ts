import { json, type Answer } from './answer.ts';
import { faultNames, KINDS, parseFault } from './faults/fault-menu.ts';
import type { FaultBook } from './faults/fault-book.ts';
import type { RequestLine } from './upstreams/upstream.ts';
import type { World } from './world.ts';

/**
 * The simulator's own doors, under `/_simulator`: the ledger, the log, the faults, a fresh start. They ask for no key, so a
 * simulator must not listen where strangers can reach it.
 */
export class Control {
  readonly #world: World;
  readonly #faults: FaultBook;
  readonly #reset: () => void;

  constructor(world: World, faults: FaultBook, reset: () => void) {
    this.#world = world;
    this.#faults = faults;
    this.#reset = reset;
  }

  answer({ method, path, query }: RequestLine, body: string | undefined): Answer {
    switch (`${method} ${path.slice('/_simulator'.length)}`) {
      case 'GET /ledger':
        return json(200, { counts: this.#counts(), submits: this.#world.ledger.rows() });
      case 'GET /requests':
        return json(200, this.#requests(query));
      case 'GET /faults':
        return json(200, { faults: this.#faults.list(), menu: Object.fromEntries(KINDS.map((kind) => [kind, faultNames(kind)])) });
      case 'POST /faults':
        return this.#addFaults(body ?? '');
      case 'DELETE /faults':
        this.#faults.clear();
        return json(200, { faults: [] });
      case 'POST /reset':
        this.#reset();
        return json(200, { reset: true });
      default:
        return json(404, { error: 'The doors are GET ledger, GET requests, GET, POST and DELETE faults, POST reset, all under /_simulator/.' });
    }
  }

  #counts(): object {
    return this.#world.ledger.counts(this.#world.accounts.counts(Date.now()));
  }

  #requests(query: URLSearchParams): object {
    const filter = { kind: query.get('kind') ?? undefined, provider: query.get('provider') ?? undefined, taskId: query.get('taskId') ?? undefined };
    const requests = this.#world.requests.entries(filter);
    const polls: Record<string, number[]> = {};
    for (const { kind, at, taskId, otherTaskIds = [] } of requests) {
      if (kind !== 'poll' || taskId === undefined) continue;
      for (const id of [taskId, ...otherTaskIds]) (polls[id] ??= []).push(Math.round(at - (this.#world.tasks.get(id)?.acceptedAt ?? at)));
    }
    const leakedKeys = requests.filter(({ kind, authorization }) => kind === 'asset' && authorization).length;
    return { leakedKeys, polls, requests };
  }

  #addFaults(body: string): Answer {
    try {
      const value: unknown = JSON.parse(body);
      this.#faults.add(...(Array.isArray(value) ? value : [value]).map((fault) => parseFault(fault)));
      return json(201, { faults: this.#faults.list() });
    } catch (error) {
      return json(400, { error: error instanceof Error ? error.message : String(error) });
    }
  }
}
