/** Examples of requests. A test sends each of them. */
export const REQUEST_EXAMPLES = {
  luma: { summary: 'A prompt, and nothing else', value: { provider: 'luma', prompt: 'a shuttle flies from space into an old volcano' } },
  kling: {
    summary: 'With parameters, a priority and notes of your own',
    value: {
      provider: 'kling',
      prompt: 'a little dog runs on the grass',
      params: { duration: '5', aspect_ratio: '16:9' },
      priority: 2,
      metadata: { order: '4711' },
    },
  },
  hailuo: {
    summary: 'With a first frame, and an id of your own',
    value: { provider: 'hailuo', prompt: 'it begins to move', image: 'https://example.com/first-frame.png', id: 'order-4711' },
  },
  pika: { summary: 'As part of a batch', value: { provider: 'pika', prompt: 'paper boats on a river of ink', batch: 'boats' } },
};

export const BATCH_EXAMPLE = {
  batch: 'monday',
  items: [
    { provider: 'luma', prompt: 'morning fog over a harbour' },
    { provider: 'allegro', prompt: 'a red fox runs through fresh snow at dawn in slow motion', id: 'fox-1' },
  ],
};

export const NDJSON_EXAMPLE = BATCH_EXAMPLE.items.map((item) => `${JSON.stringify(item)}\n`).join('');
