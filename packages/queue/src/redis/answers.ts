/** The answers of a pipeline, or of a transaction, in order. Throws if any command was refused: nothing of ours goes on with half of its answers. */
import type { ChainableCommander } from 'ioredis';

export async function answersOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const answers = await pipeline.exec();
  if (answers === null) throw new Error('the transaction was given up');
  return answers.map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}
