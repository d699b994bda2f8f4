/** The address that an upstream calls about one generation. The token is the round's nonce: unguessable, and another one for each round. */
import type { Generation } from '../generation.ts';

const CALLBACK_PATH = '/v1/callbacks';

/** Undefined without a PUBLIC_URL: then nobody is asked to call. */
export function callbackUrl(publicUrl: string | null, { provider, id }: Pick<Generation, 'provider' | 'id'>, nonce: string): string | undefined {
  return publicUrl === null ? undefined : `${publicUrl}${CALLBACK_PATH}/${provider}/${encodeURIComponent(id)}/${nonce}`;
}
