import type { IncomingMessage, ServerResponse } from 'node:http';
import { AccountBook } from './account-book.ts';
import { json, withBareId, type Answer } from './answer.ts';
import type { Control } from './control.ts';
import { deliver, reset, type Delivery } from './delivery.ts';
import { apiFault, NO_ANSWER } from './faults/api-faults.ts';
import type { Fault } from './faults/fault.ts';
import type { FaultBook } from './faults/fault-book.ts';
import { endNow, taskFault, type TaskFault } from './faults/task-faults.ts';
import { addressOf } from './http-listener.ts';
import { parseObject, readBody } from './request-body.ts';
import type { LoggedRequest } from './request-log.ts';
import { upstreamAccount, type Task } from './task.ts';
import { bearerOf, type Call, type Recognised, type RequestLine, type Upstream } from './upstreams/upstream.ts';
import type { World } from './world.ts';

/**
 * The API origin: all five upstreams, and the simulator's own doors under `/_simulator`. A request goes through four steps:
 * recognise it, see which fault it meets, let the upstream answer (unless the fault stands before it), deliver.
 */
export class UpstreamServer {
  readonly #world: World;
  readonly #faults: FaultBook;
  readonly #upstreams: readonly Upstream[];
  readonly #control: Control;

  constructor(world: World, faults: FaultBook, upstreams: readonly Upstream[], control: Control) {
    this.#world = world;
    this.#faults = faults;
    this.#upstreams = upstreams;
    this.#control = control;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#handle(request, response).catch((error: unknown) => {
      const delivery: Delivery = { how: 'send', answer: json(500, { simulator: `The simulator itself failed: ${String(error)}` }) };
      deliver(response, delivery, this.#world.alarms).catch(() => reset(response));
    });
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = addressOf(request, 'http://upstream');
    const line: RequestLine = { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams };
    if (line.path === '/_simulator' || line.path.startsWith('/_simulator/')) {
      const answer = this.#control.answer(line, await readBody(request));
      return deliver(response, { how: 'send', answer }, this.#world.alarms);
    }
    const early = this.#recognise(line);
    const entry = this.#world.requests.add({
      at: Date.now(), method: line.method, path: line.path, provider: early?.provider, kind: early?.kind ?? 'other',
      authorization: request.headers.authorization !== undefined,
    });
    if (early !== undefined && this.#take(early, '', 'headers') !== undefined) {
      this.#refuse(early, bearerOf(request.headers));
      this.#world.requests.settle(entry, 0, 'reset-before-read');
      return reset(response);
    }
    const text = await readBody(request);
    // The client went away in the middle of its request: no upstream acts on half of one.
    if (text === undefined) return reset(response);
    const body = text === '' ? undefined : parseObject(text);
    const recognised = early === undefined ? undefined : this.#recognise(line, body) ?? early;
    const delivery = recognised === undefined
      ? NOT_FOUND
      : await this.#decide(recognised, { key: bearerOf(request.headers), body, now: Date.now(), quirks: {} }, entry);
    this.#world.requests.settle(entry, 'answer' in delivery ? delivery.answer.status : 0, entry.fault);
    await deliver(response, delivery, this.#world.alarms);
  }

  async #decide(recognised: Recognised, call: Call, entry: LoggedRequest): Promise<Delivery> {
    const { tasks, links } = this.#world;
    const [task, ...others] = recognised.taskIds.flatMap((id) => tasks.get(id) ?? []);
    entry.kind = recognised.kind;
    entry.taskId = task?.id;
    if (others.length > 0) entry.otherTaskIds = others.map(({ id }) => id);
    if (task !== undefined) entry.sinceAcceptedMs = call.now - task.acceptedAt;
    const prompt = task === undefined ? promptOf(call.body) : [task, ...others].map((each) => each.prompt).join('\n');
    const fault = this.#take(recognised, prompt, 'whole');
    if (fault !== undefined) entry.fault = fault.what;
    const spoiler = fault === undefined ? undefined : apiFault(fault.what);
    const reaches = recognised.kind !== 'create' || spoiler === undefined || (fault?.accepted ?? spoiler.accepts);
    const answer = reaches ? await this.#ask(recognised, call, taskFault(fault, call.now), entry, fault) : this.#refuse(recognised, call.key);
    if (fault === undefined || spoiler === undefined) return { how: 'send', answer };
    return spoiler.deliver(fault, { provider: recognised.provider, answer, elsewhere: `${links.origin}/elsewhere` });
  }

  /** The upstream's own answer, to a create with its row in the ledger or its refusal counted. */
  async #ask(recognised: Recognised, call: Call, twist: TaskFault, entry: LoggedRequest, fault: Fault | undefined): Promise<Answer> {
    const { tasks, ledger } = this.#world;
    if (recognised.kind !== 'create') {
      // A list names no tasks: what is wrong with one is so for all that it may show.
      const shown = recognised.kind === 'list'
        ? tasks.all().filter(({ provider }) => provider === recognised.provider)
        : recognised.taskIds.flatMap((id) => tasks.get(id) ?? []);
      const hits = (task: Task): boolean => fault?.match === undefined || task.prompt.includes(fault.match);
      for (const task of shown) if (hits(task) && endNow(task, twist, call.now)) tasks.changed(task);
      return withBareIds(await recognised.answer({ ...call, quirks: twist.quirks, hits }), shown, twist);
    }
    const before = ledger.accepted;
    const pending = recognised.answer({ ...call, ...twist });
    // Taking an order is synchronous in every upstream: the newest row, if there is a new one, is this request's.
    const row = ledger.accepted > before ? ledger.newest() : undefined;
    if (row === undefined) return this.#refuse(recognised, call.key, await pending);
    entry.taskId = row.taskId;
    entry.sinceAcceptedMs = 0;
    if (fault !== undefined) row.spoiledBy = fault.what;
    const task = tasks.get(row.taskId);
    return withBareIds(await pending, task === undefined ? [] : [task], twist);
  }

  #refuse({ provider, kind }: Recognised, key: string, answer: Answer = NO_ANSWER): Answer {
    if (kind !== 'create') return answer;
    this.#world.ledger.refuse();
    this.#world.accounts.refuse(AccountBook.idOf(upstreamAccount(provider), key));
    return answer;
  }

  #take({ provider, kind, taskIds }: Recognised, prompt: string, stage: 'headers' | 'whole'): Fault | undefined {
    return kind === 'other' ? undefined : this.#faults.take({ kind, provider, prompt, many: taskIds.length > 1, stage });
  }

  #recognise(line: RequestLine, body?: Record<string, unknown>): Recognised | undefined {
    for (const upstream of this.#upstreams) {
      const recognised = upstream.recognise(line, body);
      if (recognised !== undefined) return recognised;
    }
    return undefined;
  }
}

const NOT_FOUND: Delivery = {
  how: 'send',
  answer: json(404, { message: 'None of the five upstreams has this path. The list is in apps/simulator/README.md.' }),
};

function withBareIds(answer: Answer, tasks: readonly Task[], { quirks }: TaskFault): Answer {
  const bare = tasks.filter((task) => quirks.numericId === true || task.quirks.numericId === true);
  return bare.reduce((text, task) => withBareId(text, task.id), answer);
}

function promptOf(body: Record<string, unknown> | undefined): string {
  const texts = [body?.['prompt'], body?.['refined_prompt'], body?.['user_prompt'], JSON.stringify(body?.['contents'])];
  return texts.filter((text) => typeof text === 'string').join('\n');
}
