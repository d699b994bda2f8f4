/**
 * The image fields of an ask: `image`, and the parameters that its provider names as images. Local ones are taken in where the provider
 * takes bytes (of their type), and refused with the way out where it takes links only.
 */
import type { Provider } from '@dailies/providers';
import type { StoredImage } from '../ledger/images.ts';
import { type FieldFault, quoted } from './field-fault.ts';
import type { Images, Refused, Taken } from './images.ts';
import { isObject } from './own-fields.ts';

export interface WithImages {
  /** With references in place of local images, and without images that were refused. */
  ask: Record<string, unknown>;
  images: StoredImage[];
  faults: FieldFault[];
}

export function takeImages(asked: Readonly<Record<string, unknown>>, provider: Provider, images: Images): WithImages {
  const result: WithImages = { ask: { ...asked }, images: [], faults: [] };
  takeField(result.ask, 'image', 'image', provider, images, result);
  if (!isObject(asked['params'])) return result;
  const params = { ...asked['params'] };
  for (const name of provider.imageParams ?? []) takeField(params, name, `params.${name}`, provider, images, result);
  result.ask['params'] = params;
  return result;
}

function takeField(holder: Record<string, unknown>, name: string, field: string, provider: Provider, images: Images, result: WithImages): void {
  const given = holder[name];
  const list = Array.isArray(given) ? given : [given];
  const taken = list.map((value: unknown) => (typeof value === 'string' ? takeOne(value, provider, images) : { value }));
  const refused = taken.filter((one) => 'message' in one);
  result.faults.push(...refused.map(({ message, remedy }) => ({ field, message, remedy })));
  if (refused.length > 0) {
    delete holder[name];
    return;
  }
  const values = taken.map((one) => ('value' in one ? one.value : undefined));
  if (given !== undefined) holder[name] = Array.isArray(given) ? values : values[0];
  result.images.push(...taken.flatMap((one) => ('image' in one && one.image ? [one.image] : [])));
}

function takeOne(text: string, provider: Provider, images: Images): Taken | Refused {
  if (provider.image === 'none') return { message: `${provider.name} takes no image`, remedy: 'Leave the image out, or choose another provider' };
  const taken = images.take(text);
  if (provider.image === 'url' && !('value' in taken && taken.image === undefined)) {
    return { message: `${provider.name} takes images by link only`, remedy: 'Host this one at an https URL and give the URL' };
  }
  if (!('image' in taken) || !taken.image || !provider.imageTypes || provider.imageTypes.includes(taken.image.contentType)) return taken;
  const shown = /^data:/i.test(text) ? 'the data: URI' : quoted(text);
  const message = `${shown} is a ${titleOf(taken.image.contentType)} image, which ${provider.name} does not take`;
  return { message, remedy: `Convert it to ${provider.imageTypes.map(titleOf).join(' or ')}` };
}

function titleOf(contentType: string): string {
  const name = contentType.replace('image/', '');
  return name === 'webp' ? 'WebP' : name.toUpperCase();
}
