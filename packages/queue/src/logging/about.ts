/** What every log line about a generation carries: one id through all stages, its batch, its provider. */
import type { Generation } from '../generation.ts';

export function about({ id, batch, provider }: Pick<Generation, 'id' | 'batch' | 'provider'>): { generation: string; batch: string | null; provider: string } {
  return { generation: id, batch, provider };
}
