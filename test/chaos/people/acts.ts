/** What people do, one thing after the other: each over the API, except for pauses, which are the command line's. What they are told is written down. */
import { setTimeout as rest } from 'node:timers/promises';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { type Generation, isTerminal, pause, readGenerations, readStates, resume, type State } from '@dailies/queue';
import type { Random } from '../random.ts';
import { promptOf } from '../stage.ts';
import type { Answer, Call } from './caller.ts';
import type { Scene } from './scene.ts';
import type { Asked } from './told.ts';

/** People look at those that came last. */
const LATEST = 60;
const GROUPS_OF_A_BATCH = 4;
const LONGEST_REST_MS = 150;
const TWICE = 0.15;
const AT_RANDOM = 0.3;

type Act = (scene: Scene, random: Random) => Promise<void>;

/** Once for each share of what people do. */
const ACTS: readonly Act[] = [enqueue, enqueue, enqueue, cancel, cancel, cancel, cancel, retry, retry, retry, retry, answer, answer, pauseOne, resumeOne];
const WHOLE_BATCH = 0.02;

/** Does that many things, with short rests. */
export async function act(scene: Scene, count: number, random: Random, tell: (line: string) => void): Promise<void> {
  for (let done = 1; done <= count; done += 1) {
    const one = scene.batches.length === 0 ? enqueue : random.between(0, 1) < WHOLE_BATCH ? cancelBatch : random.pick(ACTS);
    await one(scene, random);
    if (done % 250 === 0) tell(`${done} things done, ${scene.stage.accepted.length} generations accepted`);
    await rest(random.between(0, LONGEST_REST_MS));
  }
}

/** One generation of each provider, in a batch that others are added to. */
async function enqueue(scene: Scene): Promise<void> {
  const { stage } = scene;
  const group = scene.numbered / PROVIDER_NAMES.length;
  const batch = `people-${Math.floor(group / GROUPS_OF_A_BATCH)}`;
  const ids = PROVIDER_NAMES.map((_, at) => `${batch}-${scene.numbered + at}`);
  scene.numbered += ids.length;
  const lines = ids.map((id, at) => JSON.stringify({ id, provider: PROVIDER_NAMES[at], prompt: promptOf(stage.name, id) }));
  const { status, body } = await scene.call({ method: 'POST', path: `/v1/batches?append=true&batch=${batch}`, body: lines.join('\n') });
  if (status !== 202 && status !== 200) throw new Error(`a batch was refused: ${status} ${JSON.stringify(body)}`);
  stage.accepted.push(...ids);
  if (!scene.batches.includes(batch)) scene.batches.push(batch);
}

/** One for which it makes sense as they saw it; now and then any. */
async function pick({ stage }: Scene, random: Random, makesSense: (state: State) => boolean): Promise<string> {
  const latest = stage.accepted.slice(-LATEST);
  const states = await readStates(stage.store, latest);
  const sensible = latest.filter((id) => makesSense(states.get(id) ?? 'queued'));
  return random.pick(sensible.length === 0 || random.between(0, 1) < AT_RANDOM ? latest : sensible);
}

async function cancel(scene: Scene, random: Random): Promise<void> {
  const id = await pick(scene, random, (state) => !isTerminal(state));
  const request: Call = { method: 'DELETE', path: `/v1/generations/${id}${random.between(0, 4) < 1 ? '?collect=true' : ''}` };
  await ask(scene, random, { id, request, read: ({ body }) => ({ what: 'cancel', isDone: body.outcome === 'canceled' }) });
}

async function retry(scene: Scene, random: Random): Promise<void> {
  const id = await pick(scene, random, (state) => state === 'failed' || state === 'canceled');
  const isFree = (outcome = ''): boolean => ['poll', 'fetch', 'verify'].includes(outcome);
  const read = ({ body: { outcome } }: Answer): Read => ({ what: isFree(outcome) ? 'again' : 'round', isDone: isFree(outcome) || outcome === 'submit' });
  await ask(scene, random, { id, request: { method: 'POST', path: `/v1/generations/${id}/retry` }, read });
}

/** Answers a question: by the upstream's bill, or without looking. */
async function answer(scene: Scene, random: Random): Promise<void> {
  const asked = (await generations(scene, scene.stage.accepted.slice(-LATEST * 4))).filter(({ state }) => state === 'unresolved');
  if (asked.length === 0) return;
  const generation = random.pick(asked);
  const how = random.pick(['rightly', 'rightly', 'abandon', 'resubmit'] as const);
  if (how === 'rightly') return answerRightly(scene, random, generation);
  await resolve(scene, random, generation.id, how === 'abandon' ? { abandon: true } : { resubmit: true });
}

/** Answers all questions by the upstream's bill, until nobody is asked any more. */
export async function answerAll(scene: Scene, random: Random, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    await scene.stage.settled(scene.stage.accepted, deadline - Date.now());
    const asked = (await generations(scene, scene.stage.accepted)).filter(({ state }) => state === 'unresolved');
    if (asked.length === 0) return;
    for (const generation of asked) await answerRightly(scene, random, generation);
  }
}

/** What the upstream lists since the intent is its task; where nothing is listed, it is sent again. */
async function answerRightly(scene: Scene, random: Random, { id, ambiguity }: Generation): Promise<void> {
  const listed = scene.stage.simulator.ledger().filter(({ prompt, at }) => prompt === promptOf(scene.stage.name, id) && at >= (ambiguity?.sentAt ?? 0));
  const task = listed.at(-1)?.taskId;
  await resolve(scene, random, id, task === undefined ? { resubmit: true } : { task });
}

async function resolve(scene: Scene, random: Random, id: string, word: { task: string } | { resubmit: true } | { abandon: true }): Promise<void> {
  const request: Call = { method: 'POST', path: `/v1/generations/${id}/resolve`, body: word };
  const what = 'resubmit' in word ? 'round' : 'abandon' in word ? 'abandon' : 'task';
  // Where an API died over it, its key is told that the word was heeded, also if it was another person's same word: then it began no second round.
  const isOwn = ({ status, body }: Answer): boolean => status === 200 && body.message?.startsWith('done by an earlier request') !== true;
  await ask(scene, random, { id, request, read: (answered) => ({ what, isDone: isOwn(answered) }) });
}

async function pauseOne({ stage }: Scene, random: Random): Promise<void> {
  await pause(stage.store, `operator:${random.pick(PROVIDER_NAMES)}`, { reason: 'a person in the storm', kind: 'operator', polls: random.between(0, 2) < 1 });
}

async function resumeOne(scene: Scene, random: Random): Promise<void> {
  await resumeProvider(scene, random.pick(PROVIDER_NAMES));
}

export async function resumeAll(scene: Scene): Promise<void> {
  for (const name of PROVIDER_NAMES) await resumeProvider(scene, name);
}

async function resumeProvider({ stage: { store, config } }: Scene, name: ProviderName): Promise<void> {
  const account = config.providers[name].account?.id;
  await resume(store, name, account === undefined ? [] : [account]);
}

async function cancelBatch(scene: Scene, random: Random): Promise<void> {
  const batch = random.pick(scene.batches.slice(-3));
  scene.told.noteCanceledBatch(batch);
  await scene.call({ method: 'DELETE', path: `/v1/batches/${batch}` });
}

interface Read {
  what: Asked['what'];
  isDone: boolean;
}

interface Wish {
  id: string;
  request: Call;
  /** What the answer says. */
  read: (answer: Answer) => Read;
}

/** Asks for it, now and then twice at once as two people do, and writes down what was said. */
async function ask(scene: Scene, random: Random, { id, request, read }: Wish): Promise<void> {
  const once = async (): Promise<void> => {
    const askedAt = performance.now();
    const answered = await scene.call(request);
    const toldAt = performance.now();
    const paidThen = scene.stage.simulator.ledger().filter(({ prompt }) => prompt === promptOf(scene.stage.name, id)).length;
    const { what, isDone } = read(answered);
    // Where it was asked more than once, what the earlier ones did may be why nothing is left to be done.
    const done = isDone ? 'yes' : answered.tries > 1 ? 'maybe' : 'no';
    scene.told.note({ id, what, done, tries: answered.tries, askedAt, toldAt, message: answered.body.message ?? '', paidThen });
  };
  await Promise.all(Array.from({ length: random.between(0, 1) < TWICE ? 2 : 1 }, once));
}

async function generations({ stage }: Scene, ids: readonly string[]): Promise<Generation[]> {
  return (await readGenerations(stage.store, ids)).filter((one) => one !== null);
}
