/** What is sent to an address of its own: the model, under today's key and endpoint path. Null at a provider that has one address for all of its models. */
import type { AddressedModel, Generation } from '@dailies/queue';
import type { Desk } from '../context.ts';
import { nonceOf } from './nonce.ts';

export function addressedModel({ provider, account }: Desk, { request }: Pick<Generation, 'request'>): AddressedModel | null {
  const model = provider.addressedModel?.(request);
  return model === undefined ? null : { model, address: nonceOf(account, `models of ${account.endpointPath ?? ''}`).slice(0, 12) };
}
