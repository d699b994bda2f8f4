/**
 * What people asked of a run's generations, and what they were told. At the end it is compared with the bill and the ledger: nobody may have been told
 * that nothing was paid where it was, a round that nobody asked for is paid by nobody, and a word that was taken has had its effect.
 */
import type { Generation } from '@dailies/queue';

/** One thing that a person asked for, from the first try to the answer. */
export interface Asked {
  id: string;
  /** `round`: a new one, by retry or resubmit. `again`: a retry that pays nothing. */
  what: 'cancel' | 'round' | 'again' | 'task' | 'abandon';
  /** Whether it was done. `maybe`: an API died over it, and the answer of the next one does not tell. */
  done: 'yes' | 'no' | 'maybe';
  tries: number;
  askedAt: number;
  toldAt: number;
  /** The answer's words, and what the bill listed of the prompt then. */
  message: string;
  paidThen: number;
}

export class Told {
  readonly #asked: Asked[] = [];
  readonly #canceledBatches = new Set<string>();

  note(asked: Asked): void {
    this.#asked.push(asked);
  }

  noteCanceledBatch(batch: string): void {
    this.#canceledBatches.add(batch);
  }

  /** By an answer that it was done or noted, or that is not known: one of a killed API. Not by one that nothing came of. */
  mayBeCanceled({ id, batch }: Generation): boolean {
    return this.#canceledBatches.has(batch ?? '') || this.#of(id, 'cancel').some(({ done, message }) => done !== 'no' || isNoted(message));
  }

  /** Whether people gave it up, and it has failed of that. */
  isAbandoned({ id, failure }: Generation): boolean {
    return failure?.kind === 'abandoned' && this.#of(id, 'abandon').some(({ done }) => done !== 'no');
  }

  /** How often it may have gone on after its end. */
  wentOn(id: string): number {
    return this.#asked.filter((one) => one.id === id && isNewerWord(one)).length;
  }

  /** How often something was done. */
  count(what: Asked['what'], done: Asked['done'] = 'yes'): number {
    return this.#asked.filter((one) => one.what === what && one.done === done).length;
  }

  /** How many had a first try over which an API died, or that was not answered for another reason. */
  get repeated(): number {
    return this.#asked.filter(({ tries }) => tries > 1).length;
  }

  findings(generation: Generation, paid: number): string[] {
    const { id, round } = generation;
    const begun = this.#of(id, 'round').filter(({ done }) => done !== 'no');
    const [least, most] = [begun.filter(({ done }) => done === 'yes').length, begun.length];
    const wrong = this.#of(id, 'cancel').flatMap((one) => [...this.#untrue(one, paid), ...this.#forgotten(one, generation)]);
    if (round < least + 1 || round > most + 1) wrong.push(`${id} is in round ${round}, but people have begun ${least} to ${most} after the first`);
    if (paid > round) wrong.push(`${id} was paid ${paid} times in ${round} rounds`);
    return wrong;
  }

  /** What a person who canceled was told of money, and it was not so. */
  #untrue({ id, done, message, paidThen, askedAt }: Asked, paid: number): string[] {
    if (done !== 'yes') return [];
    const wrong: string[] = [];
    // Those that began while the cancel was under way are among them: whose turn came first nobody can tell.
    const since = this.#of(id, 'round').filter((round) => round.done !== 'no' && round.toldAt > askedAt).length;
    if (message.includes('nothing was paid') && paidThen > since) wrong.push(`${id}: a person was told '${message}', but it was paid`);
    if (message.includes('will be billed') && paidThen === 0) wrong.push(`${id}: a person was told '${message}', but it was not paid`);
    const after = paid - paidThen;
    if (after > since) wrong.push(`${id} was canceled ('${message}'), and paid ${after} times after that, for ${since} rounds that people began`);
    return wrong;
  }

  /** A cancel that was noted, to be decided with the submit, and came to nothing though nobody took it back. */
  #forgotten({ id, message, askedAt }: Asked, { state, history }: Generation): string[] {
    if (state !== 'succeeded' || !isNoted(message) || message.includes('collected')) return [];
    // Of a cancel that an API died over it is not known whether it asked for the video.
    const mayCollect = (one: Asked): boolean => one.what === 'cancel' && (one.message.includes('collected') || one.done === 'maybe');
    const later = this.#asked.some((one) => one.id === id && one.toldAt > askedAt && (isNewerWord(one) || mayCollect(one)));
    const wasReady = history.some(({ note }) => note?.includes('not canceled, as a person had asked') === true);
    return later || wasReady ? [] : [`${id} has succeeded, though a person was told '${message}'`];
  }

  #of(id: string, what: Asked['what']): Asked[] {
    return this.#asked.filter((one) => one.id === id && one.what === what);
  }
}

/** The words of a cancel that is decided with the submit. */
function isNoted(message: string): boolean {
  return message.startsWith('cancel requested');
}

/** One that has a generation go on, also where it had been canceled. */
function isNewerWord({ what, done }: Asked): boolean {
  return done !== 'no' && ['round', 'again', 'task'].includes(what);
}
