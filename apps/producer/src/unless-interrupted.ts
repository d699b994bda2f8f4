/** Waits for the beginning of something, but not beyond Ctrl-C, which ends with 130 and a sentence about what was not done. */
import { Complaint } from './complaint.ts';
import type { Context } from './context.ts';

/** `undone`: that sentence. The awaited work is not canceled; its result is ignored. */
export async function unlessInterrupted<T>({ interrupts }: Pick<Context, 'interrupts'>, waited: Promise<T>, undone: string): Promise<T> {
  const interrupted = new Promise<never>((_resolve, reject) => {
    interrupts.onStop(() => reject(new Complaint(`Interrupted. ${undone}`, 130)));
  });
  return Promise.race([interrupted, waited]);
}
