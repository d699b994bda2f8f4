/**
 * What can be asked of Allegro, and the request that comes of it. Allegro publishes no bounds but one: eight words.
 */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { askSchema, fault, paramsSchema } from '../ask.ts';
import { countWords } from './count-words.ts';

export interface AllegroRequest {
  refined_prompt: string;
  user_prompt: string;
  num_step: number;
  cfg_scale: number;
  rand_seed: number;
}

export const allegroParams = paramsSchema(
  {
    refined_prompt: z.string().min(1).optional().describe('The prompt that Allegro works from, at least 8 words. Default: the prompt.'),
    num_step: z.int().min(1).optional().describe('Inference steps: fewer are faster, more are better. Default: 100.'),
    cfg_scale: z.number().min(0).optional().describe('How closely the video follows the prompt. Default: 7.5.'),
    rand_seed: z.int().min(0).optional().describe('The same seed gives a like video. Default: drawn once and recorded.'),
  },
  { user_prompt: 'is the "prompt" beside "params"' },
);

export const allegroRequest = askSchema(allegroParams).transform((ask, context): AllegroRequest => {
  const { prompt, model, image, params = {} } = ask;
  if (model !== undefined) fault(context, ['model'], 'Allegro has one model: leave "model" out');
  if (image !== undefined) fault(context, ['image'], 'Allegro takes no image: leave "image" out, or choose another provider');
  if (prompt === undefined) fault(context, ['prompt'], 'the prompt is missing');
  const refined = params.refined_prompt ?? prompt ?? '';
  const words = countWords(refined);
  if (words < FEWEST_WORDS && (prompt !== undefined || params.refined_prompt !== undefined)) {
    const path = params.refined_prompt === undefined ? ['prompt'] : ['params', 'refined_prompt'];
    const remedy = 'write a longer prompt, or give a longer one as params.refined_prompt';
    fault(context, path, `Allegro needs at least ${FEWEST_WORDS} words, this has ${words}: ${remedy}`);
  }
  return {
    refined_prompt: refined,
    user_prompt: prompt ?? '',
    num_step: params.num_step ?? 100,
    cfg_scale: params.cfg_scale ?? 7.5,
    rand_seed: params.rand_seed ?? randomInt(2 ** 31),
  };
});

const FEWEST_WORDS = 8;
