import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { imageReference } from '@dailies/queue';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type InputOptions, readPromptFile } from './read-prompt-file.ts';

const PNG = Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), Buffer.from('rest')]);
const EIGHT = 'one two three four five six seven eight';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-input-'));
  await writeFile(path.join(folder, 'a.png'), PNG);
  await writeFile(path.join(folder, 'b.webp'), Buffer.from('RIFF\u0001\u0002\u0003\u0004WEBPVP8 ', 'latin1'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function read(name: string, content: string | Buffer, options: Partial<InputOptions> = {}) {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return await readPromptFile({ path: file }, { batch: 'batch', configured: (provider) => ({ account: `${provider}@test` }), ...options });
}

function jsonl(...lines: unknown[]): string {
  return lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
}

describe('a text file', () => {
  test('has a prompt a line, without blank lines and comments', async () => {
    const { items, faults } = await read('p.txt', `\uFEFF# title\r\n\r\n  ${EIGHT}  \r\n # note\r\n${EIGHT} again`, {
      provider: 'allegro',
      params: ['num_step=20'],
    });
    expect(faults).toEqual([]);
    expect(items).toMatchObject([
      {
        line: 3,
        generation: {
          provider: 'allegro',
          account: 'allegro@test',
          ask: { prompt: EIGHT, params: { num_step: 20 } },
          request: { refined_prompt: EIGHT, cfg_scale: 7.5 },
          priority: 1,
          metadata: null,
        },
      },
      { line: 5 },
    ]);
  });

  test('that is a table or JSON by its first line is refused, since each line would be paid for; prompts that only look like it are taken', async () => {
    const isCsv = { line: 1, message: 'is the header of a table, not a prompt', remedy: 'Name the file .csv' };
    const isJson = { line: 2, message: 'begins a request in JSON, not a prompt' };
    for (const header of ['prompt,provider', '"Prompt";"Duration"', 'prompt\tmood\timage', '#,prompt,provider']) {
      expect(await read('p.txt', `${header}\n${EIGHT},x`, { provider: 'allegro' })).toMatchObject({ items: [], faults: [isCsv] });
    }
    for (const json of [jsonl({ prompt: EIGHT }), '[{ "provider": "luma" }]', '{\n  "prompt": "a"\n}']) {
      expect(await read('p.txt', `# mine\n${json}`, { provider: 'allegro' })).toMatchObject({ items: [], faults: [isJson] });
    }
    for (const prompt of [`prompt, ${EIGHT}`, `{"scene": "${EIGHT}"}`, `[slow] ${EIGHT}`, 'mirror, loop, mode, mirror, loop, mode, mirror, loop']) {
      expect(await read('p.txt', `# model, prompt, image\n${prompt}`, { provider: 'allegro' })).toMatchObject({ items: [{ line: 2 }], faults: [] });
    }
  });

  test('without a provider is refused line by line, and told how to name one', async () => {
    const { items, faults } = await read('p.txt', 'a\nb');
    expect(items).toEqual([]);
    expect(faults).toMatchObject([1, 2].map((line) => ({ line, field: 'provider', remedy: expect.stringContaining('--provider') })));
  });
});

describe('a bad file', () => {
  test.each([
    ['empty', 'p.txt', ''],
    ['of comments only', 'p.txt', '# a\n\n'],
    ['of blank lines', 'p.jsonl', '\n\n'],
    ['with a header only', 'p.csv', 'prompt,provider\n'],
    ['an empty table', 'p.csv', ''],
  ])('%s has no prompts', async (_, name, content) => {
    expect((await read(name, content, { provider: 'luma' })).faults).toMatchObject([{ line: null, message: 'has no prompts' }]);
  });

  test('that is not UTF-8 names its lines; the others of a text file stay usable, those of a table do not', async () => {
    const bad = Buffer.concat([Buffer.from('prompt\nok\nbad '), Buffer.from([0xe9])]);
    expect(await read('p.txt', bad, { provider: 'luma' })).toMatchObject({ items: [{ line: 1 }, { line: 2 }], faults: [{ line: 3 }] });
    expect(await read('p.csv', bad, { provider: 'luma' })).toMatchObject({ items: [], faults: [{ line: 3, message: expect.stringContaining('not UTF-8') }] });
  });

  test('that is a table with tabs may have one column, whose cells have commas', async () => {
    expect(await read('p.tsv', 'Prompt\na fox, in snow\n', { provider: 'luma' })).toMatchObject({ faults: [], items: [{ generation: { ask: { prompt: 'a fox, in snow' } } }] });
    const remedy = expect.stringContaining('with tabs between them') as unknown;
    expect(await read('p.tsv', 'prompt,provider\na fox,luma\n')).toMatchObject({ items: [], faults: [{ line: 1, remedy }] });
    expect(await read('p.tsv', 'prompt\tparams.duration\nx\t5\n')).toMatchObject({ items: [], faults: [{ line: 1, remedy: 'Did you mean "duration"?' }] });
  });

  test('of more than 100,000 prompts is refused whole', async () => {
    const { items, faults } = await read('p.txt', 'x\n'.repeat(100_001), { provider: 'luma' });
    expect(items).toEqual([]);
    expect(faults).toMatchObject([{ line: null, message: 'has 100001 prompts: more than 100000 are not read', remedy: 'Split it into several files' }]);
  });

  test('with a line of more than 1 MB names the line', async () => {
    const long = 'x'.repeat(1024 * 1024 + 1);
    const message: unknown = expect.stringContaining('more than 1048576');
    expect((await read('p.txt', `ok\n${long}`, { provider: 'luma' })).faults).toMatchObject([{ line: 2, message }]);
    expect((await read('p.jsonl', jsonl({ prompt: long }), { provider: 'luma' })).faults).toMatchObject([{ line: 1, message }]);
    expect((await read('p.csv', `prompt\n${long}\n`, { provider: 'luma' })).faults).toMatchObject([{ line: 2, message }]);
  });

  test('that is one JSON list, or one object over several lines, is one fault', async () => {
    expect((await read('p.jsonl', '[\n{"prompt": "x"},\n')).faults).toMatchObject([{ line: 1, message: 'begins a list, not an object' }]);
    expect((await read('p.jsonl', '\n{\n"prompt": "x"\n}')).faults).toMatchObject([{ line: 2, message: 'begins an object that goes on over several lines' }]);
  });
});

describe('a bad line', () => {
  const kling = { prompt: 'x', provider: 'kling' };
  test.each<[string, unknown, string | null, string, string]>([
    ['wrong JSON', '{"prompt": "x",}', null, 'is not JSON: Expected double-quoted property name, column 16, near "}"', 'Write one JSON object on the line'],
    ['cut JSON', '{"prompt": "x', null, 'is not JSON', 'Write one JSON object'],
    ['no object', '["x"]', null, 'is a list, not a JSON object', 'Write {"prompt"'],
    ['an unknown provider', { ...kling, provider: 'klingg' }, 'provider', 'unknown provider "klingg"', 'Did you mean "kling"?'],
    ['an unknown field', { ...kling, promt: 'x' }, 'promt', 'unknown field "promt"', 'Did you mean "prompt"?'],
    ['a parameter outside params', { ...kling, duration: '5' }, 'duration', 'unknown field "duration"', 'It is a parameter of kling: put it into "params"'],
    ['an unknown parameter', { ...kling, params: { duratoin: '5' } }, 'params.duratoin', 'kling: unknown parameter "duratoin"', 'Did you mean "duration"?'],
    ['a parameter out of range', { ...kling, params: { cfg_scale: 2 } }, 'params.cfg_scale', 'must be at most 1, not 2', 'Allowed: a number from 0 to 1'],
    ['a wrong choice', { ...kling, params: { mode: 'fast' } }, 'params.mode', '"fast" is not allowed', 'Allowed: "std", "pro"'],
    [
      'a wrong type, which JSONL never converts',
      { ...kling, params: { cfg_scale: '0.5' } },
      'params.cfg_scale',
      'must be a number, not "0.5"',
      'Allowed: a number from 0 to 1',
    ],
    [
      'a nested fault',
      { ...kling, params: { camera_control: { type: 'simple', config: { pan: 11 } } } },
      'params.camera_control.config.pan',
      'must be at most 10',
      'dailies providers kling',
    ],
    ['params that are no object', { ...kling, params: 'x' }, 'params', 'must be an object, not "x"', 'dailies providers kling'],
    [
      'a key that reaches for the prototype',
      `{"prompt": "x", "provider": "kling", "params": {"__proto__": {"mode": "pro"}}}`,
      'params.__proto__',
      'unknown parameter',
      'Known:',
    ],
    ['an unknown model', { ...kling, model: 'kling-v1-7' }, 'model', 'unknown model "kling-v1-7"', 'Did you mean'],
    [
      'an Allegro prompt of seven words',
      { prompt: 'one two three four five six seven', provider: 'allegro' },
      'prompt',
      'Allegro needs at least 8 words, this has 7',
      'Write a longer prompt',
    ],
    ['a prompt that nobody sees', { ...kling, prompt: ' \u200B\uFEFF' }, 'prompt', 'the prompt is empty', 'Write one, or leave it out'],
    ['no prompt', { provider: 'kling' }, 'prompt', 'the prompt is missing', 'dailies providers kling'],
    ['a missing image', { ...kling, image: 'no.png' }, 'image', 'there is no file "no.png"', 'Check the path'],
    [
      'a missing image in a parameter',
      { ...kling, image: 'a.png', params: { image_tail: 'no.png' } },
      'params.image_tail',
      'there is no file "no.png"',
      'Check the path',
    ],
    ['an image that is none', { ...kling, image: 'p.jsonl' }, 'image', '"p.jsonl" is not a JPEG, PNG or WebP image', 'Convert it'],
    [
      'an image of another type than is taken',
      { ...kling, image: 'b.webp' },
      'image',
      '"b.webp" is a WebP image, which kling does not take',
      'Convert it to JPEG or PNG',
    ],
    ['a local image where links are taken', { prompt: 'x', provider: 'hailuo', image: 'a.png' }, 'image', 'hailuo takes images by link only', 'Host this one'],
    ['an image where none is taken', { prompt: EIGHT, provider: 'allegro', image: 'a.png' }, 'image', 'allegro takes no image', 'Leave the image out'],
    ['a link of another kind', { ...kling, image: 'ftp://example.com/a.png' }, 'image', 'must be an http(s) URL', 'dailies providers kling'],
    ['a link with a blank', { ...kling, image: 'https://example.com/a b.png' }, 'image', 'is a link with a blank', 'Leave the blank out, or write %20'],
    ['a priority out of range', { ...kling, priority: 4 }, 'priority', 'must be a whole number from 0 to 3, not 4', 'Higher goes first'],
    ['a priority as text', { ...kling, priority: '1' }, 'priority', 'must be a whole number from 0 to 3, not "1"', 'Higher goes first'],
    ['an id of digits', { ...kling, id: '123' }, 'id', '"123" is no legal id', 'not all digits'],
    ['an id that is a path', { ...kling, id: '../x' }, 'id', '"../x" is no legal id', 'beginning with a letter or a digit'],
    ['metadata that is no object', { ...kling, metadata: 'x' }, 'metadata', 'must be an object, not "x"', 'Write {"name": "value"}'],
    ['metadata that is too large', { ...kling, metadata: { a: 'x'.repeat(20_000) } }, 'metadata', 'is too large', 'Keep a key here'],
  ])('with %s is named with field and remedy, and the good line beside it stays', async (_, line, field, message, remedy) => {
    const { items, faults } = await read('p.jsonl', jsonl({ prompt: 'good', provider: 'luma' }, line));
    expect(faults).toMatchObject([{ line: 2, field, message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) }]);
    expect(items).toMatchObject([{ line: 1 }]);
  });

  test('with a key twice in one object is named, since nobody knows which was meant', async () => {
    const { items, faults } = await read('p.jsonl', jsonl({ prompt: 'good', provider: 'luma' }, '{"prompt": "a", "provider": "luma", "prompt": "b"}'));
    expect(faults).toEqual([{ line: 2, field: null, message: 'has "prompt" twice in one object', remedy: 'Leave one of them out: the last would be taken' }]);
    expect(items).toMatchObject([{ line: 1 }]);
  });

  test('of a table has it named in a cell of JSON, too', async () => {
    const { items, faults } = await read('p.csv', 'prompt,provider,camera_control\na,kling,"{""type"": ""simple"", ""type"": ""down_back""}"\n');
    const remedy = 'Leave one of them out: the last would be taken';
    expect(faults).toEqual([{ line: 2, field: 'params.camera_control', message: 'has "type" twice in one object', remedy }]);
    expect(items).toEqual([]);
  });

  test('does not hide the others: every fault of every line is listed', async () => {
    const many = { ...kling, params: { cfg_scale: 2, mode: 'fast', x: 1 }, id: '1' };
    const twice = '{"prompt": "x", "provider": "luma", "prompt": "y", "priority": 9}';
    const { faults } = await read('p.jsonl', jsonl(many, '{', { prompt: 'x', provider: 'luma' }, { provider: 'allegro' }, twice));
    const named = faults.map(({ line, field }) => `${line} ${field}`);
    expect(named).toEqual(['1 id', '1 params.cfg_scale', '1 params.mode', '1 params.x', '2 null', '4 prompt', '5 null', '5 priority']);
  });

  test('with a thousand unknown names has twenty of them named, and is not searched for what all may have meant', async () => {
    const names = (what: string) => Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`${what}${at}`, 1]));
    const { faults } = await read('p.jsonl', jsonl({ ...kling, ...names('field'), params: names('parameter') }));
    expect(faults.map(({ field }) => field?.replace(/\d+$/, ''))).toEqual([...Array<string>(20).fill('field'), ...Array<string>(20).fill('params.parameter')]);
    expect(faults.at(-1)?.message).toContain('"parameter19"');
  });

  test('nested a hundred thousand deep is a fault like any other', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const inMetadata = `{"prompt": "x", "provider": "luma", "metadata": {"a": ${deep}}}`;
    const { faults } = await read('p.jsonl', jsonl(inMetadata, `{"prompt": "x", "provider": "kling", "params": {"mode": ${deep}}}`));
    expect(faults.map(({ line }) => line)).toEqual([1, 2]);
  });
});

describe('options', () => {
  test('are quoted as they were written, also where no number holds them', async () => {
    const { faults } = await read('p.txt', EIGHT, { provider: 'allegro', params: ['rand_seed=9007199254740993'] });
    expect(faults).toMatchObject([{ field: '--param rand_seed', message: 'allegro: must be at most 9007199254740991, not 9007199254740993 (line 1)' }]);
  });

  test('are beaten by the line', async () => {
    const lines = jsonl(
      { prompt: 'x' },
      { prompt: 'x', model: 'kling-v1-6', params: { duration: '10' } },
      { prompt: 'x', provider: 'pika', model: '1.5', params: { negative_prompt: 'y', mirror: true } },
    );
    const { items } = await read('p.jsonl', lines, { provider: 'kling', model: 'kling-v1', params: ['negative_prompt=z'] });
    expect(items.map(({ generation }) => [generation.provider, generation.ask.model, generation.ask.params])).toEqual([
      ['kling', 'kling-v1', { negative_prompt: 'z' }],
      ['kling', 'kling-v1-6', { duration: '10', negative_prompt: 'z' }],
      ['pika', '1.5', { negative_prompt: 'y', mirror: true }],
    ]);
  });

  test('that do not fit a provider are refused once, with its name and its lines', async () => {
    const lines = jsonl({ prompt: 'x', provider: 'kling' }, { prompt: 'x', provider: 'pika' }, { prompt: 'y', provider: 'pika' });
    const { items, faults } = await read('p.jsonl', lines, { params: ['duration=5'] });
    const message = 'pika: unknown parameter "duration" (lines 2, 3)';
    expect(faults).toEqual([{ line: null, lines: [2, 3], field: '--param duration', message, remedy: expect.stringContaining('Known: image_url') }]);
    expect(items).toMatchObject([{ line: 1 }]);
  });

  test('with a wrong value, provider or model are refused by the name of the option', async () => {
    expect((await read('p.txt', 'x\ny', { provider: 'kling', params: ['cfg_scale=much'] })).faults).toMatchObject([{ line: null, field: '--param cfg_scale' }]);
    expect((await read('p.txt', 'x\ny', { provider: 'klin' })).faults).toMatchObject([{ line: null, field: '--provider', remedy: 'Did you mean "kling"?' }]);
    expect((await read('p.txt', 'x\ny', { provider: 'pika', model: '3.0' })).faults).toMatchObject([{ line: null, field: '--model' }]);
    const own = jsonl({ prompt: 'x', model: 'kling-v1-7' }, { prompt: 'x', params: { cfg_scale: 2 } });
    const { faults } = await read('p.jsonl', own, { provider: 'kling', model: 'kling-v1', params: ['cfg_scale=0.5'] });
    expect(faults.map(({ line, field }) => [line, field]), 'what a line says itself is its own fault').toEqual([[1, 'model'], [2, 'params.cfg_scale']]);
  });

  test('with a key twice in one object are refused by their name, for those lines that use them', async () => {
    const params = ['camera_control={"type": "simple", "type": "down_back"}', 'negative_prompt={"a": 1, "a": 2}'];
    const lines = jsonl({ prompt: 'x' }, { prompt: 'y', params: { camera_control: { type: 'down_back' } } });
    const { items, faults } = await read('p.jsonl', lines, { provider: 'kling', params });
    expect(faults).toMatchObject([{ line: null, lines: [1], field: '--param camera_control', message: 'kling: has "type" twice in one object (line 1)' }]);
    expect(items).toMatchObject([{ line: 2, generation: { ask: { params: { negative_prompt: '{"a": 1, "a": 2}' } } } }]);
  });

  test.each([
    ['duration', 'is not NAME=VALUE'],
    ['duration=', 'has no value'],
    ['=5', 'is not NAME=VALUE'],
  ])('like --param %s use no line', async (param, message) => {
    expect(await read('p.txt', 'x', { provider: 'kling', params: [param] })).toMatchObject({ items: [], faults: [{ line: null, message }] });
  });

  test('given twice use no line', async () => {
    const result = await read('p.txt', 'x', { provider: 'kling', params: ['duration=5', 'duration=10'] });
    expect(result).toMatchObject({ items: [], faults: [{ field: '--param duration', message: 'is given twice' }] });
  });

  test('need a key: each provider without one is named once, with the variable to set', async () => {
    const configured: InputOptions['configured'] = (provider) => (provider === 'kling' ? { missing: 'KLING_API_KEY' } : { account: 'a' });
    const lines = jsonl({ prompt: 'x', provider: 'kling' }, { prompt: 'y', provider: 'kling' }, { prompt: 'z', provider: 'luma' });
    const { items, faults } = await read('p.jsonl', lines, { configured });
    const message = 'no key is configured for kling (lines 1, 2)';
    expect(faults).toEqual([{ line: null, lines: [1, 2], field: null, message, remedy: 'Set KLING_API_KEY' }]);
    expect(items).toMatchObject([{ line: 3 }]);
  });
});

describe('ids', () => {
  const idsOf = async (name: string, content: string, options: Partial<InputOptions> = {}) =>
    (await read(name, content, options)).items.map((item) => item.generation.id);

  test('are the same for the same lines in every form, and do not know metadata, priority and order of keys', async () => {
    const line = { prompt: 'x', provider: 'kling', params: { duration: '10', cfg_scale: 1 }, priority: 3, metadata: { a: 1 } };
    const fromJsonl = await idsOf('p.jsonl', jsonl(line));
    expect(await idsOf('p.csv', 'cfg_scale,provider,prompt,duration\n1,kling,x,10\n')).toEqual(fromJsonl);
    expect(await idsOf('p.tsv', 'Cfg_scale\tProvider\tPrompt\tDuration\n1\tkling\tx\t10\n')).toEqual(fromJsonl);
    expect(await idsOf('p.txt', 'x', { provider: 'kling', params: ['cfg_scale=1.0', 'duration=10'] })).toEqual(fromJsonl);
    expect(await idsOf('p.txt', 'x', { provider: 'kling', params: ['cfg_scale=1.0', 'duration=10'], batch: 'other' })).not.toEqual(fromJsonl);
  });

  test('of equal lines differ, and stay when a line between them is mended', async () => {
    const good = { prompt: 'x', provider: 'luma' };
    const three = await idsOf('p.jsonl', jsonl(good, good, good));
    expect(new Set(three).size).toBe(3);
    expect(await idsOf('p.jsonl', jsonl(good, { ...good, priority: 9 }, good))).toEqual(three.slice(0, 2));
    expect(await idsOf('p.jsonl', jsonl(good, '{"prompt": "x", "provider": "luma", "prompt": "x"}', good))).toEqual(three.slice(0, 2));
  });

  test('of own choice are kept; one with two requests is a fault, twice the same request is one', async () => {
    const shot = { prompt: 'x', provider: 'luma', id: 'shot-1' };
    const lines = jsonl(shot, { ...shot, priority: 2 }, { ...shot, prompt: 'y' }, { ...shot, prompt: 'y', id: 'Shot-1' });
    const { items, faults, notes } = await read('p.jsonl', lines);
    expect(items).toMatchObject([{ line: 1, generation: { id: 'shot-1' } }]);
    expect(notes).toEqual(['line 2 is the same as line 1 (id shot-1): they are one']);
    expect(faults).toMatchObject([
      { line: 3, field: 'id', message: '"shot-1" is the id of another request in line 1' },
      { line: 4, field: 'id', message: '"Shot-1" differs from "shot-1" in line 1 only by case' },
    ]);
  });

  test('know a local image by its content, not by its path', async () => {
    await writeFile(path.join(folder, 'b.png'), PNG);
    const line = (image: string) => jsonl({ prompt: 'x', provider: 'kling', image });
    expect(await idsOf('p.jsonl', line('a.png'))).toEqual(await idsOf('p.jsonl', line('./b.png')));
  });
});

describe('images', () => {
  test('of files and parameters become references, with what is to be stored beside them', async () => {
    const ingredients = { image_url: ['a.png', 'https://example.com/b.png'], ingredients: true, ingredients_mode: 'precise' };
    const { items, faults } = await read(
      'p.jsonl',
      jsonl({ prompt: 'x', provider: 'kling', image: 'a.png', params: { image_tail: './a.png' } }, { prompt: 'x', provider: 'pika', params: ingredients }),
    );
    expect(faults).toEqual([]);
    const reference = imageReference(PNG);
    expect(items.map(({ generation }) => [generation.ask.image, generation.ask.params])).toMatchObject([
      [reference, { image_tail: reference }],
      [undefined, { image_url: [reference, 'https://example.com/b.png'] }],
    ]);
    expect(new Set(items.flatMap((item) => item.images)).size).toBe(1);
    expect(items[1]?.images[0]?.bytes).toEqual(PNG);
  });
});

describe('stdin', () => {
  const options: InputOptions = { batch: 'b', provider: 'luma', configured: () => ({ account: 'a' }) };

  test.each([
    ['{"prompt": "x"}\n', 'JSONL'],
    ['\n  {"prompt": "x"}\n', 'JSONL'],
    ['x\n', 'text'],
    ['prompt,provider\nx,luma\n', 'CSV'],
    ['"prompt"\n"x"\n', 'CSV'],
    ['Prompt;Provider\nx;luma\n', 'CSV'],
    ['PROMPT,Provider\nx,luma\n', 'CSV'],
  ])('%j is read as %s, and says so', async (text, format) => {
    const { items, notes, faults } = await readPromptFile({ stdin: Readable.from([text]) }, options);
    expect(faults).toEqual([]);
    expect(items).toMatchObject([{ generation: { ask: { prompt: 'x' } } }]);
    expect(notes).toEqual([expect.stringContaining(`stdin is read as ${format}`)]);
  });

  test.each(['[wide shot] a fox, running', '[[noir]] a fox', 'prompt a fox, image of a fox', 'image', 'a fox, loop'])('that begins with %j is text: it is a prompt', async (prompt) => {
    expect((await readPromptFile({ stdin: Readable.from([prompt]) }, options)).items).toMatchObject([{ generation: { ask: { prompt } } }]);
  });

  test.each([
    ['a list over several lines', '[\n  {"prompt": "x"},\n  {"prompt": "y"}\n]\n', 'begins a list, not an object'],
    ['a list on one line', '[{"prompt": "x"}]\n', 'is a list, not a JSON object'],
    ['a list of words', '["a fox", "a boat"]\n', 'is a list, not a JSON object'],
    ['a table with a mistyped column', 'prompt,provder\nx,luma\n', 'is neither a field nor a parameter of any provider'],
    ['a table with a column of somebody else', 'Shot no,prompt\n1,x\n', 'is neither a field nor a parameter of any provider'],
  ])('that is %s is refused, and not paid for line by line', async (_, text, message) => {
    const { items, faults } = await readPromptFile({ stdin: Readable.from([text]) }, options);
    expect([items, faults[0]]).toMatchObject([[], { line: 1, message }]);
  });

  test('that is empty has no prompts', async () => {
    expect((await readPromptFile({ stdin: Readable.from([]) }, options)).faults).toMatchObject([{ message: 'has no prompts' }]);
  });
});
