/**
 * The model of a request, and a name for the key and the endpoint path under which it is sent today, where the upstream has an address for each model
 * (Kling). Null where one address serves all models of the provider.
 */
import type { AddressedModel, Generation } from '@dailies/queue';
import type { Upstream } from '../context.ts';
import { nonceOf } from './nonce.ts';

export function addressedModel({ provider, account }: Upstream, { request }: Pick<Generation, 'request'>): AddressedModel | null {
  const model = provider.addressedModel?.(request);
  return model === undefined ? null : { model, address: nonceOf(account, `models of ${account.endpointPath ?? ''}`).slice(0, 12) };
}
