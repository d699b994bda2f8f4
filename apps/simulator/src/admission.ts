import { randomInt, randomUUID } from 'node:crypto';
import { AccountBook } from './account-book.ts';
import { chance } from './chance.ts';
import { drawDuration, type LawName } from './duration-law.ts';
import type { Call } from './upstreams/upstream.ts';
import { upstreamAccount, type ProviderName, type Task, type TaskFailure } from './task.ts';
import type { World } from './world.ts';

const LONGEST_KEPT = 4096;

/**
 * Takes a valid order: a task, a row in the ledger, a line in the state file. From here on it is paid.
 * `full` when the account has all its parallel tasks running; then nothing has happened.
 */
export function admit(world: World, order: Order, call: Call): Task | 'full' {
  const { settings, tasks, accounts, ledger, callbacks } = world;
  const account = AccountBook.idOf(upstreamAccount(order.provider), call.key);
  if (accounts.isFull(account, call.now)) return 'full';
  const counter = tasks.count(order.provider);
  const upstreamMs = settings.durations[order.provider] ?? drawDuration(order.law, settings.seed, counter);
  const lifeMs = call.ending?.when === 'now' ? 0 : upstreamMs / settings.speed;
  const task: Task = {
    id: mintId(order.provider, call.quirks.numericId === true),
    provider: order.provider,
    account,
    route: order.route,
    endpointPath: order.endpointPath,
    externalId: order.externalId,
    callbackUrl: order.callbackUrl,
    traceId: randomUUID(),
    request: shortened(order.request),
    prompt: order.prompt,
    model: order.model,
    nonce: order.nonce,
    acceptedAt: call.now,
    startsAt: call.now + Math.min(lifeMs / 10, 5000 / settings.speed),
    finishesAt: call.now + lifeMs,
    failure: call.ending?.failure ?? drawFailure(world, order.provider, counter),
    quirks: call.quirks,
  };
  tasks.add(task);
  accounts.hold(task, call.now);
  ledger.accept(task);
  callbacks.follow(task, task.acceptedAt);
  return task;
}

export interface Order {
  readonly provider: ProviderName;
  readonly law: LawName;
  readonly route: string;
  readonly request: Record<string, unknown>;
  readonly prompt: string;
  readonly model?: string | undefined;
  readonly endpointPath?: string | undefined;
  readonly externalId?: string | undefined;
  readonly nonce?: string | undefined;
  readonly callbackUrl?: string | undefined;
}

function drawFailure({ settings }: World, provider: ProviderName, counter: number): TaskFailure | undefined {
  return chance(settings.seed, provider, counter, 'failure') < settings.failures ? {} : undefined;
}

/** Kling's ids are 18 digits, more than a JavaScript number holds. */
function mintId(provider: ProviderName, numeric: boolean): string {
  if (provider !== 'kling' && !numeric) return randomUUID();
  return `8${digits(8)}${digits(8)}${randomInt(0, 5) * 2 + 1}`;
}

function digits(count: number): string {
  return String(randomInt(0, 10 ** count)).padStart(count, '0');
}

/** Base64 images would make the memory of a long run grow without bound. */
function shortened<Value>(value: Value): Value;
function shortened(value: unknown): unknown {
  if (typeof value === 'string' && value.length > LONGEST_KEPT) return `${value.slice(0, 64)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.map((item: unknown) => shortened(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shortened<unknown>(item)]));
}
