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
  const params = isObject(asked['params']) ? { ...asked['params'] } : null;
  const ofParams = params === null ? [] : (provider.imageParams ?? []).map((name) => ({ holder: params, name, field: `params.${name}` }));
  for (const { holder, name, field } of [{ holder: result.ask, name: 'image', field: 'image' }, ...ofParams]) {
    const taken = takeAll(holder[name], (text) => takeOne(text, provider, images));
    result.images.push(...taken.images);
    result.faults.push(...taken.refused.map(({ message, remedy }) => ({ field, message, remedy })));
    if (taken.refused.length > 0) delete holder[name];
    else if (holder[name] !== undefined) holder[name] = taken.value;
  }
  if (params !== null) result.ask['params'] = params;
  return result;
}

/** One image or a list of them. What is no text is left for the schema to refuse. Where one image is refused, none is taken. */
function takeAll(given: unknown, take: (text: string) => Taken | Refused): { value: unknown; images: StoredImage[]; refused: Refused[] } {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const taken = list.map((value) => (typeof value === 'string' ? take(value) : { value }));
  const refused = taken.filter((one) => 'message' in one);
  if (refused.length > 0) return { value: undefined, images: [], refused };
  const values = taken.map((one) => ('value' in one ? one.value : undefined));
  const images = taken.flatMap((one) => ('image' in one && one.image ? [one.image] : []));
  return { value: Array.isArray(given) ? values : values[0], images, refused };
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
