/** The answers of a pipeline, or of a transaction, in their order. One that was refused throws: nothing of ours goes on by half of what it asked for. */
import type { ChainableCommander } from 'ioredis';

export async function answersOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const answers = await pipeline.exec();
  if (answers === null) throw new Error('the transaction was given up');
  return answers.map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}
