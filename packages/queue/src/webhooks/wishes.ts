/** What generations say of webhooks: the little that tells whether anybody wants to hear of them. It reads no prompt and no result. */
import { answersOf } from '../redis/answers.ts';
import type { Store } from '../ledger/store.ts';

export interface WebhookWish {
  id: string;
  batch: string | null;
  /** The endpoint of this generation alone. */
  webhook: string | null;
}

/** In one round trip. An id that the ledger does not have gets a wish without batch and webhook. */
export async function webhookWishes(store: Store, ids: readonly string[]): Promise<WebhookWish[]> {
  const pipeline = store.redis.pipeline();
  for (const id of ids) pipeline.hmget(store.keys.generation(id), 'batch', 'webhook');
  const answers = (await answersOf(pipeline)) as (string | null)[][];
  return ids.map((id, at) => {
    const [batch = null, webhook = null] = answers[at] ?? [];
    return { id, batch: batch === '' ? null : batch, webhook };
  });
}
