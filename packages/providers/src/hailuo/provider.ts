/**
 * Hailuo (MiniMax) through AceData: a text or a first frame becomes a video. Images by link only; the service takes no Base64. `mirror` is known from
 * AceData's own web client; no page names it.
 */
import { z } from 'zod';
import { aceDataProvider } from '../acedata/provider.ts';
import { askSchema, fault, isStoredImage, modelOf, paramsSchema } from '../ask.ts';
import { asset } from '../asset.ts';
import { definedOnly } from '../defined-only.ts';

const TEXT = 'minimax-t2v';
const IMAGE = 'minimax-i2v';
/** The vendor's page names the first two; the third is in AceData's specification of the service. */
const models = [TEXT, IMAGE, 'minimax-i2v-director'] as const;

const params = paramsSchema(
  { mirror: z.boolean().optional().describe("Copy the result to AceData's own storage. Default: the upstream's choice.") },
  { first_image_url: 'is the "image" beside "params"', action: 'is always "generate"', async: 'is always true' },
);

const request = askSchema(params).transform((ask, context) => {
  const { prompt, image } = ask;
  // The vendor's default is text-to-video; with an image only the other can be meant.
  const model = modelOf(context, ask.model, models, image === undefined ? TEXT : IMAGE);
  if (prompt === undefined) fault(context, ['prompt'], 'the prompt is missing');
  if (model === TEXT && image !== undefined) fault(context, ['image'], `${TEXT} takes no image: choose ${IMAGE}, or leave "image" out`);
  if (model !== undefined && model !== TEXT && image === undefined) fault(context, ['image'], `${model} needs an image: give "image" as an http(s) URL`);
  if (image !== undefined && isStoredImage(image)) {
    fault(context, ['image'], 'Hailuo takes images by link only: host this one at an https URL and give the URL');
  }
  return {
    action: 'generate',
    model: model ?? TEXT,
    prompt: prompt ?? '',
    ...definedOnly({ first_image_url: image, mirror: ask.params?.mirror }),
  };
});

export const hailuo = aceDataProvider({
  name: 'hailuo',
  title: 'Hailuo through AceData',
  request,
  params,
  models,
  image: 'url',
  body: async (asked) => asked,
  echo: (asked) => asked,
  assets: (result) => asset('video', result['video_url']),
});
