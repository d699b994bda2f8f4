/** Retry of many: what `retryGeneration` does with each of them, never by rules of its own, for some at the same time. */
import { chunked } from '../chunked.ts';
import type { Desk } from './desk.ts';
import { retryGeneration, type RetryOptions, type RetryOutcome } from './retry.ts';

const AT_ONCE = 25;

/** One of many, as it was when its retry was decided. */
interface RetryWish extends Required<Pick<RetryOptions, 'mayPay' | 'seq'>> {
  id: string;
}

interface ManyOptions extends Omit<RetryOptions, keyof RetryWish> {
  /** Once it is aborted, no further ones are begun. Default: all are retried. */
  signal?: AbortSignal;
}

/** In the order of the wishes. Answers the outcomes of some as soon as they are done; also of those beside one that throws, before it throws that on. */
export async function* retryMany(desk: Desk, wishes: readonly RetryWish[], { signal, ...options }: ManyOptions): AsyncGenerator<RetryOutcome[]> {
  for (const together of chunked(wishes, AT_ONCE)) {
    if (signal?.aborted === true) return;
    const ends = await Promise.allSettled(together.map(({ id, ...wish }) => retryGeneration(desk, id, { ...options, ...wish })));
    yield ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
