/** Writing some generations of an intake: the keys and arguments of the scripts (create-script.ts). Decides nothing. */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES } from '@dailies/providers';
import { timeOf } from '../clock.ts';
import { CREATE, CREATE_WORDS, ITEM_WORDS } from './create-script.ts';
import { encodeEarlier } from './earlier.ts';
import type { Created, Intake, NewGeneration } from './intake.ts';
import type { Keys } from '../keys.ts';
import { classOf } from '../turns/places.ts';
import { encodeField } from '../record.ts';
import { inOrder } from '../script-words.ts';
import { INTAKE_WORDS } from './sealing-script.ts';
import { monthsAround } from '../singles.ts';
import { runScript, type Store } from '../store.ts';

/** Generations that one script creates. */
export const CHUNK = 250;
/** Chunks on their way at once: Redis writes one while the next is put together. */
export const AHEAD = 3;

export interface OpenedIntake {
  token: string;
  keys: string[];
  args: (string | number)[];
}

/** The keys and arguments that the scripts for creating and sealing are given first, the same for every chunk of an intake. */
export function openIntake({ keys }: Store, { batch }: Pick<Intake, 'batch'>, token: string = randomUUID()): OpenedIntake {
  const months = monthsAround(Date.now());
  const [lastMonth, thisMonth, nextMonth] = months.names;
  const ofBatch = [keys.batch(batch), keys.batchItems(batch)];
  const fixed = [keys.intake(token), ...ofBatch, keys.all, keys.live, keys.batches, keys.ended, keys.intakes, keys.singleMonths, keys.guard];
  return {
    token,
    keys: [...fixed, ...months.names.map(keys.singles), ...PROVIDER_NAMES.map(keys.counts)],
    args: inOrder(INTAKE_WORDS, {
      token,
      name: batch ?? '',
      providers: PROVIDER_NAMES.length,
      monthStart: months.start,
      monthEnd: months.next,
      lastMonth,
      thisMonth,
      nextMonth,
    }),
  };
}

/** How a chunk is written. */
export interface Writing {
  intake: Intake;
  opened: OpenedIntake;
  /** `now`: at once, in the same script. `later`: under the token of the batch. `part`: of an intake over several shards. */
  seal: 'now' | 'later' | 'part';
  /** When it may be accepted at the latest: epoch milliseconds by the clock of Redis; 0: at any time. */
  latest: number;
  /** For `part`: the place of each generation within the whole intake. */
  offsets?: readonly number[];
}

/** Writes a chunk, in which every id stands once. Answers what CREATE does: an outcome, and what belongs to it. */
export async function createChunk(
  { keys, redis, whole }: Store,
  chunk: readonly NewGeneration[],
  { intake, opened, seal, latest, offsets = [] }: Writing,
): Promise<string[]> {
  const ofItems = chunk.flatMap((item) => [keys.generation(item.id), ...(item.earlier === undefined ? [] : keysOfEarlier(keys, item))]);
  const owner = intake.createdBy ?? '';
  const ofTurns = [...PROVIDER_NAMES.map(keys.turns), ...PROVIDER_NAMES.map(keys.lanes), ...PROVIDER_NAMES.map((name) => keys.laneEnds(name, owner))];
  const keyList = [...opened.keys, ...ofTurns, ...ofItems];
  const words = inOrder(CREATE_WORDS, {
    sealing: seal,
    attended: intake.attended ? '1' : '0',
    folder: intake.folder ?? '',
    lane: intake.lane,
    webhook: intake.batch === null ? '' : (intake.webhook ?? ''),
    closed: intake.closed === true ? '1' : '0',
    creator: owner,
    latest,
    shards: whole.shards.length,
    offsets: offsets.join(','),
  });
  const items = chunk.flatMap((item) => {
    const earlier = encodeEarlier(item.earlier);
    const fields = [...recordFields(intake, item), ...earlier.fields];
    const ofItem = inOrder(ITEM_WORDS, {
      id: item.id,
      provider: PROVIDER_NAMES.indexOf(item.provider) + 1,
      class: classOf(item.priority),
      fingerprint: item.fingerprint,
      state: earlier.state,
      slotUntil: earlier.slotUntil,
      taskKey: earlier.taskKey,
      straysUntil: earlier.straysUntil,
      strays: earlier.strays,
      lines: earlier.history.length,
      words: fields.length,
    });
    return [...ofItem, ...earlier.history, ...fields];
  });
  return (await runScript({ redis }, CREATE, keyList, [...opened.args, ...words, ...items])) as string[];
}

function keysOfEarlier(keys: Keys, { id, account, provider }: NewGeneration): string[] {
  return [keys.history(id), keys.tasks(account), keys.slots(account), keys.slotsOf(account, provider), keys.doubtful(account), keys.strays];
}

function recordFields(intake: Intake, item: NewGeneration): string[] {
  const fields: Record<string, unknown> = {
    v: 1,
    provider: item.provider,
    account: item.account,
    batch: intake.batch ?? '',
    lane: intake.lane,
    priority: item.priority,
    class: classOf(item.priority),
    ask: item.ask,
    request: item.request,
    fingerprint: item.fingerprint,
    round: 1,
    seq: 1,
    ...(item.metadata === null ? {} : { metadata: item.metadata }),
    ...(item.webhook === undefined ? {} : { webhook: item.webhook }),
    ...(intake.createdBy === undefined ? {} : { createdBy: intake.createdBy }),
    ...(item.trace === undefined ? {} : { trace: item.trace }),
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, encodeField(field, value)]);
}

/** When an intake may be accepted at the latest, by the clock of the shard that decides: epoch milliseconds; 0: at any time. */
export async function latestOf(home: Store, { withinMs }: Pick<Intake, 'withinMs'>): Promise<number> {
  return withinMs === undefined ? 0 : (await timeOf(home)) + withinMs;
}

/**
 * What became of each generation of a chunk: null where it was known already. The answer of CREATE after its outcome is when they were created, and then
 * `id, turn, place, id, …`.
 */
export function createdOf(chunk: readonly NewGeneration[], [createdAt, ...told]: readonly string[]): (Created | null)[] {
  const turns = turnsOf(told);
  return chunk.map((item) => {
    const turn = turns.get(item.id);
    return turn === undefined ? null : { item, ...turn, createdAt: Number(createdAt) };
  });
}

function turnsOf(answer: readonly string[]): Map<string, Pick<Created, 'turn' | 'place'>> {
  const turns = new Map<string, Pick<Created, 'turn' | 'place'>>();
  for (let at = 0; at + 2 < answer.length; at += 3) turns.set(answer[at] ?? '', { turn: Number(answer[at + 1]), place: Number(answer[at + 2]) });
  return turns;
}
