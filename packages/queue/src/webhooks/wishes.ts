/** What generations say of webhooks: the little that tells whether anybody wants to hear of them. It reads no prompt and no result. */
import { fieldsOf } from '../ledger/fields-of.ts';
import type { Store } from '../ledger/store.ts';

export interface WebhookWish {
  id: string;
  batch: string | null;
  /** The endpoint of this generation alone. */
  webhook: string | null;
}

/** An id that the ledger does not have gets a wish without batch and webhook. */
export async function webhookWishes(store: Store, ids: readonly string[]): Promise<WebhookWish[]> {
  const answers = await fieldsOf(store, ids.map(store.keys.generation), ['batch', 'webhook']);
  return ids.map((id, at) => {
    const [batch = null, webhook = null] = answers[at] ?? [];
    return { id, batch: batch === '' ? null : batch, webhook };
  });
}
