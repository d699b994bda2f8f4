import { describe, expect, test } from 'vitest';
import { openImages } from './images.ts';
import { parametersOf } from './parameters.ts';
import { type ItemContext, prepareItem } from './prepare-item.ts';

const overHttp: ItemContext = {
  batch: null,
  images: openImages(null),
  configured: () => ({ account: 'a@test' }),
  parameters: parametersOf,
  repetition: () => 'one-request',
};

describe('a request over HTTP', () => {
  test('passes the same schemas and takes images as data: URIs', () => {
    const png = Buffer.from('\u0089PNG\r\n\u001a\nrest', 'latin1').toString('base64');
    const prepared = prepareItem({ provider: 'pika', prompt: 'x', image: `data:image/png;base64,${png}`, metadata: { a: 1 } }, overHttp);
    expect(prepared).toMatchObject({
      images: [{ contentType: 'image/png' }],
      generation: {
        id: expect.stringMatching(/^g[a-z2-7]{20}$/),
        account: 'a@test',
        ask: { image: expect.stringMatching(/^sha256:/) },
        request: { model: '2.0' },
        metadata: { a: 1 },
      },
    });
  });

  test('cannot name a file of the server', () => {
    expect(prepareItem({ provider: 'kling', prompt: 'x', image: '/etc/hostname' }, overHttp)).toMatchObject({ faults: [{ field: 'image' }] });
  });

  test('is refused text with half of a character, which an upstream would refuse or replace, wherever it stands', () => {
    const half = '\ud83d';
    const remedy = expect.stringContaining('emoji') as string;
    const fault = (field: string) => ({ field, message: 'has half of a character: a surrogate without its pair', remedy });
    expect(prepareItem({ provider: 'luma', prompt: `a fox ${half}` }, overHttp)).toEqual({ faults: [fault('prompt')] });
    const params = { negative_prompt: half, camera_control: { type: `simple${half}` } };
    expect(prepareItem({ provider: 'kling', prompt: 'x', image: `https://x.example/${half}`, params }, overHttp)).toMatchObject({
      faults: expect.arrayContaining([fault('image'), fault('params.negative_prompt'), fault('params.camera_control')]) as unknown,
    });
    expect(prepareItem({ provider: 'luma', prompt: 'a fox 🦊 \\ud83d', metadata: { half } }, overHttp)).toMatchObject({ generation: { metadata: { half } } });
  });

  test('is refused an image of a type that its provider does not take, wherever it stands', () => {
    const webp = `data:image/png;base64,${Buffer.from('RIFF\u0001\u0002\u0003\u0004WEBPVP8 ', 'latin1').toString('base64')}`;
    const fault = (field: string) => ({ field, message: 'the data: URI is a WebP image, which kling does not take', remedy: 'Convert it to JPEG or PNG' });
    expect(prepareItem({ provider: 'kling', prompt: 'x', image: webp }, overHttp)).toMatchObject({ faults: [fault('image')] });
    const tail = { provider: 'kling', prompt: 'x', image: 'https://x.example/a.webp', params: { image_tail: webp } };
    expect(prepareItem(tail, overHttp)).toMatchObject({ faults: [fault('params.image_tail')] });
    expect(prepareItem({ provider: 'pika', prompt: 'x', image: webp }, overHttp)).toMatchObject({ images: [{ contentType: 'image/webp' }] });
  });

  test('keeps what was asked apart from what is sent: defaults are not in the ask', () => {
    const prepared = prepareItem({ provider: 'luma', prompt: 'x' }, overHttp);
    expect(prepared).toMatchObject({ generation: { ask: { prompt: 'x' }, request: { enhancement: true, loop: false } } });
    expect(prepared).not.toHaveProperty('generation.ask.params');
  });
});
