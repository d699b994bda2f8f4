/**
 * Pika through AceData: a text, a picture, or several pictures ("ingredients") become a video.
 *
 * AceData may have withdrawn Pika. An answer that says so holds this provider; it is not the fault of a prompt.
 */
import type { z } from 'zod';
import type { SubmitCall } from '../provider.ts';
import { aceDataProvider } from '../acedata/provider.ts';
import { isStoredImage } from '../ask.ts';
import { asset } from '../asset.ts';
import { wireImage } from '../stored-image.ts';
import { pikaModels, pikaParams, pikaRequest } from './params.ts';

type PikaRequest = z.output<typeof pikaRequest>;

export const pika = aceDataProvider<PikaRequest>({
  name: 'pika',
  title: 'Pika through AceData',
  request: pikaRequest,
  params: pikaParams,
  models: pikaModels,
  image: 'url-or-bytes',
  imageParams: ['image_url'],
  errorKinds: { no_api: 'delisted', api_not_implemented: 'delisted' },
  body: withImages,
  echo: (asked) => (asked.image_url?.some(isStoredImage) ? undefined : { ...asked }),
  assets: (result) => [
    ...asset('video', result['video_url'], { seconds: result['duration'] }),
    ...asset('cover', result['image_url']),
  ],
});

async function withImages(asked: PikaRequest, call: SubmitCall) {
  if (!asked.image_url) return { ...asked };
  return { ...asked, image_url: await Promise.all(asked.image_url.map((image) => wireImage(image, IMAGES, call))) };
}

/** AceData takes reference images of up to 25 MB; which kinds is not documented. */
const IMAGES = { contentTypes: ['image/jpeg', 'image/png', 'image/webp'], maxBytes: 25 * 1024 * 1024, form: 'data-uri' } as const;
