/** What people act on: a stage with APIs that come and go, and what was asked and told so far. */
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import type { Allowance } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import { type Answer, type Call, call } from './caller.ts';
import { type ChaosApi, startApi } from './chaos-api.ts';
import { Told } from './told.ts';

/** The kinds of failure that the upstream of this part makes. */
const UPSTREAM_FAILED = ['upstream', 'rejected', 'moderated'];

export class Scene {
  readonly stage: Stage;
  readonly told = new Told();
  /** Once it is, nobody is killed any more. */
  isOver = false;
  /** The batches that people work on, the newest last. */
  readonly batches: string[] = [];
  numbered = 0;
  readonly #program: string;
  readonly #apis: ChaosApi[] = [];
  readonly #calls = new EventEmitter();

  /** `program`: the bundled API process. */
  constructor(stage: Stage, program: string) {
    this.stage = stage;
    this.#program = program;
  }

  startApi(): ChaosApi {
    const api = startApi(this.#program, this.stage.order, path.join(this.stage.folder, `api-${this.#apis.length + 1}.log`));
    this.#apis.push(api);
    return api;
  }

  call(request: Call): Promise<Answer> {
    this.#calls.emit('call');
    return call(() => this.#apis.filter((api) => !api.isGone()), request);
  }

  /** Resolves when somebody asks an API for something, or when nobody has for so long. */
  async nextCall(withinMs: number): Promise<void> {
    await once(this.#calls, 'call', { signal: AbortSignal.timeout(withinMs) }).catch(() => undefined);
  }

  allowance(): Allowance {
    return {
      mayFail: (generation) => UPSTREAM_FAILED.includes(generation.failure?.kind ?? '') || this.told.isAbandoned(generation),
      mayCancel: (generation) => this.told.mayBeCanceled(generation),
      wentOn: (id) => this.told.wentOn(id),
      told: (generation, paid) => this.told.findings(generation, paid),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#apis.map((api) => api.kill()));
  }
}
