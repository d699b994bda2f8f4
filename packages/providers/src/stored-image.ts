/**
 * An image of a request as Base64: what the paid body needs in place of `sha256:<hex>`. Links pass through untouched.
 *
 * Runs before anything is sent, so that an unreadable or unfit image costs nothing.
 */
import type { SubmitCall } from './provider.ts';
import { isStoredImage } from './ask.ts';
import { ProviderError } from './provider-error.ts';

export interface ImageRules {
  contentTypes: readonly string[];
  maxBytes: number;
  /** Raw Base64, or with `data:<type>;base64,` before it. */
  form: 'base64' | 'data-uri';
}

export async function wireImage(reference: string, rules: ImageRules, call: SubmitCall): Promise<string> {
  if (!isStoredImage(reference)) return reference;
  const { bytes, contentType } = await load(reference, call);
  const name = `The image ${reference.slice(0, 19)}…`;
  if (!rules.contentTypes.includes(contentType)) {
    throw new ProviderError('rejected', `${name} is ${contentType}. Allowed: ${rules.contentTypes.join(', ')}.`);
  }
  if (bytes.byteLength > rules.maxBytes) {
    throw new ProviderError('rejected', `${name} has ${bytes.byteLength} bytes. At most ${rules.maxBytes} are allowed.`);
  }
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return rules.form === 'base64' ? base64 : `data:${contentType};base64,${base64}`;
}

async function load(reference: string, call: SubmitCall) {
  try {
    return await call.loadImage(reference);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const remedy = 'Enqueue the same again, which stores the image, then retry.';
    throw new ProviderError('rejected', `The stored image ${reference} cannot be read. Nothing was sent. ${remedy}`);
  }
}
