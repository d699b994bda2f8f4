import { describe, expect, it } from 'vitest';
import { hailuo } from '../hailuo/provider.ts';
import { luma } from '../luma/provider.ts';
import { pika } from '../pika/provider.ts';
import type { Provider } from '../provider.ts';
import { answer, scriptedHttp, submitCall } from '../testing/calls.ts';

const IMAGE = 'https://x.example/a.png';
const STORED = `sha256:${'b'.repeat(64)}`;

const PRECISE = { ingredients: true, ingredients_mode: 'precise', image_url: [IMAGE, IMAGE] };

type Refused = [ask: object, path: string, message: string];

describe('a request to Hailuo', () => {
  it('is text to video by default, image to video with an image', () => {
    expect(hailuo.request.parse({ prompt: 'x' })).toEqual({ action: 'generate', model: 'minimax-t2v', prompt: 'x' });
    expect(hailuo.request.parse({ prompt: 'x', image: IMAGE, params: { mirror: true } })).toEqual({
      action: 'generate', model: 'minimax-i2v', prompt: 'x', first_image_url: IMAGE, mirror: true,
    });
    expect(hailuo.request.parse({ prompt: 'x', image: IMAGE, model: 'minimax-i2v-director' })).toMatchObject({ model: 'minimax-i2v-director' });
  });

  it.each<Refused>([
    [{}, 'prompt', 'missing'],
    [{ prompt: 'x', model: 'minimax-i2v' }, 'image', 'needs an image'],
    [{ prompt: 'x', model: 'minimax-t2v', image: IMAGE }, 'image', 'takes no image: choose minimax-i2v'],
    [{ prompt: 'x', image: STORED }, 'image', 'host this one at an https URL'],
    [{ prompt: 'x', model: 'minimax-12v' }, 'model', 'did you mean "minimax-t2v"?'],
    [{ prompt: 'x', params: { first_image_url: IMAGE } }, 'params', 'is the "image" beside "params"'],
    [{ prompt: 'x', params: { async: false } }, 'params', '"async" is always true'],
  ])('%o is refused at %s', (...refused) => expectRefused(hailuo, refused));
});

describe('a request to Pika', () => {
  it('has the documented defaults and a list of images', () => {
    expect(pika.request.parse({ prompt: 'x' })).toEqual({ action: 'generate', model: '2.0', prompt: 'x' });
    expect(pika.request.parse({ prompt: 'x', model: '1.5', image: IMAGE, params: { effect: 'Cake-ify', negative_prompt: 'y' } })).toEqual({
      action: 'generate', model: '1.5', prompt: 'x', image_url: [IMAGE], effect: 'Cake-ify', negative_prompt: 'y',
    });
    const ingredients = { ingredients: true, ingredients_mode: 'precise', image_url: [IMAGE, STORED] };
    expect(pika.request.parse({ prompt: 'x', params: ingredients })).toEqual({ action: 'generate', model: '2.0', prompt: 'x', ...ingredients });
  });

  it.each<Refused>([
    [{ image: IMAGE }, 'prompt', 'missing'],
    [{ prompt: 'x', model: '2' }, 'model', 'unknown model "2"'],
    [{ prompt: 'x', model: '1.5', params: PRECISE }, 'params.ingredients', 'need model "2.0"'],
    [{ prompt: 'x', image: IMAGE, params: { ingredients: true, ingredients_mode: 'precise' } }, 'params.image_url', 'at least two images'],
    [{ prompt: 'x', params: { ingredients: true, image_url: [IMAGE, IMAGE] } }, 'params.ingredients_mode', '"creative" or "precise"'],
    [{ prompt: 'x', params: { ingredients_mode: 'precise' } }, 'params.ingredients_mode', 'needs "ingredients": true'],
    [{ prompt: 'x', params: { image_url: [IMAGE, IMAGE] } }, 'params.image_url', 'several images need'],
    [{ prompt: 'x', image: IMAGE, params: { image_url: [IMAGE] } }, 'image', 'not both'],
    [{ prompt: 'x', params: { image_url: IMAGE } }, 'params.image_url', ''],
    [{ prompt: 'x', params: { effect: 'Melted' } }, 'params.effect', ''],
    [{ prompt: 'x', params: { image_urls: [IMAGE] } }, 'params', 'is spelled "image_url"'],
  ])('%o is refused at %s', (...refused) => expectRefused(pika, refused));

  it('carries stored images as data URIs', async () => {
    const http = scriptedHttp(answer(200, { task_id: 'b8170557' }));
    await pika.submit(pika.request.parse({ prompt: 'x', image: STORED }), submitCall(http));
    expect(JSON.parse(http.asked[0]?.body ?? '')).toMatchObject({ image_url: ['data:image/png;base64,AQID'] });
  });
});

describe('a request to Luma', () => {
  it('states its defaults, and has none that only an example suggests', () => {
    expect(luma.request.parse({ prompt: 'x' })).toEqual({ action: 'generate', loop: false, enhancement: true, prompt: 'x' });
    expect(luma.request.parse({ image: IMAGE, params: { end_image_url: IMAGE, loop: true, enhancement: false, aspect_ratio: '21:9' } })).toEqual({
      action: 'generate', loop: true, enhancement: false, start_image_url: IMAGE, end_image_url: IMAGE, aspect_ratio: '21:9',
    });
    expect(luma.request.parse({ prompt: 'x', params: { action: 'extend', video_id: 'v' } })).toMatchObject({ action: 'extend', video_id: 'v' });
    expect(luma.request.parse({ params: { action: 'extend', video_url: IMAGE } })).toMatchObject({ action: 'extend', video_url: IMAGE });
  });

  it.each<Refused>([
    [{}, 'prompt', 'neither a prompt nor an image'],
    [{ prompt: 'x', model: 'ray-2' }, 'model', 'leave "model" out'],
    [{ prompt: 'x', image: STORED }, 'image', 'host this one at an https URL'],
    [{ prompt: 'x', params: { action: 'extend' } }, 'params.action', 'needs params.video_id or params.video_url'],
    [{ prompt: 'x', params: { video_id: 'v' } }, 'params.video_id', 'needs "action": "extend"'],
    [{ prompt: 'x', params: { video_url: IMAGE } }, 'params.video_url', 'needs "action": "extend"'],
    [{ prompt: 'x', params: { aspect_ratio: '2:1' } }, 'params.aspect_ratio', ''],
    [{ prompt: 'x', params: { end_image_url: STORED } }, 'params.end_image_url', 'must be an http(s) URL'],
    [{ prompt: 'x', params: { timeout: 300 } }, 'params', '"timeout" concerns only requests that block'],
    [{ prompt: 'x', params: { start_image_url: IMAGE } }, 'params', 'is the "image" beside "params"'],
    [{ prompt: 'x', params: { enhancment: true } }, 'params', 'did you mean "enhancement"?'],
  ])('%o is refused at %s', (...refused) => expectRefused(luma, refused));
});

function expectRefused(provider: Provider, [ask, path, message]: Refused): void {
  const [issue] = provider.request.safeParse(ask).error?.issues ?? [];
  expect(issue?.path.join('.')).toBe(path);
  expect(issue?.message).toContain(message);
}
