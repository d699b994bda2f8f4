/**
 * What can be asked of Pika, and the request that comes of it. The vendor's page calls the images `image_urls` once and `image_url` in its samples, and
 * every known client sends `image_url`. `negative_prompt`, `effect` and `mirror` are known from AceData's own web client; the page does not name them.
 */
import { z } from 'zod';
import { askSchema, fault, imageReference, modelOf, paramsSchema } from '../ask.ts';
import { definedOnly } from '../defined-only.ts';

export const pikaModels = ['2.0', '1.5'] as const;

const EFFECTS = [
  'Levitate', 'Decapitate', 'Eye-pop', 'Ta-da', 'Deflate', 'Crumble', 'Dissolve',
  'Squish', 'Inflate', 'Melt', 'Cake-ify', 'Crush', 'Explode',
] as const;

export const pikaParams = paramsSchema(
  {
    image_url: z.array(imageReference).min(1).optional().describe('Reference images. Several only with ingredients.'),
    ingredients: z.boolean().optional().describe('Make one video of several images. Model 2.0 only. Default: false.'),
    ingredients_mode: z.enum(['creative', 'precise']).optional().describe('How the images are used. Needed with ingredients, and only there.'),
    negative_prompt: z.string().min(1).optional().describe('What the video should not show.'),
    effect: z.enum(EFFECTS).optional().describe('A ready-made effect.'),
    mirror: z.boolean().optional().describe("Copy the result to AceData's own storage. Default: the upstream's choice."),
  },
  { image_urls: 'is spelled "image_url", and takes a list', action: 'is always "generate"', async: 'is always true' },
);

export const pikaRequest = askSchema(pikaParams).transform((ask, context) => {
  const { image_url, ingredients, ingredients_mode: mode, ...others } = ask.params ?? {};
  const model = modelOf(context, ask.model, pikaModels, '2.0');
  const images = image_url ?? (ask.image === undefined ? [] : [ask.image]);

  if (ask.prompt === undefined) fault(context, ['prompt'], 'the prompt is missing');
  if (image_url && ask.image !== undefined) fault(context, ['image'], 'give either "image" or params.image_url, not both');
  if (ingredients) {
    if (model !== undefined && model !== '2.0') fault(context, ['params', 'ingredients'], `ingredients need model "2.0", not "${model}"`);
    if (images.length < 2) fault(context, ['params', 'image_url'], 'ingredients need at least two images in params.image_url');
    if (mode === undefined) fault(context, ['params', 'ingredients_mode'], 'ingredients need ingredients_mode: "creative" or "precise"');
  } else {
    if (images.length > 1) fault(context, ['params', 'image_url'], 'several images need "ingredients": true (model 2.0) and an ingredients_mode');
    if (mode !== undefined) fault(context, ['params', 'ingredients_mode'], 'ingredients_mode needs "ingredients": true');
  }
  return {
    action: 'generate',
    model: model ?? '2.0',
    prompt: ask.prompt ?? '',
    ...definedOnly({ image_url: images.length === 0 ? undefined : images, ingredients, ingredients_mode: mode, ...others }),
  };
});
