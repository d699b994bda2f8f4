/** Webhooks as a user has them: options, prompt lines, commands, and the receivers of `examples/`, as processes. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readBatch } from '@dailies/queue';
import { countIn } from '../support/ledger.ts';
import { SECRET } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';
import { openHouse } from './house.ts';
import { saidJson } from './said.ts';

interface ExampleReceiver {
  url: string;
  /** Resolves with its lines when so many have been printed. */
  printed(count: number): Promise<string[]>;
}

function spawnExample(program: string, file: string, secret: string): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(program, [fileURLToPath(new URL(`../../examples/webhooks/${file}`, import.meta.url))], {
    env: { PATH: process.env['PATH'] ?? '', WEBHOOK_SECRET: secret, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return child;
}

async function startExample(program: string, file: string): Promise<ExampleReceiver> {
  const child = spawnExample(program, file, SECRET);
  child.stderr.pipe(process.stderr, { end: false });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  const printed = async (count: number): Promise<string[]> => {
    while (lines.length < count) await once(output, 'line');
    return lines;
  };
  const [first = ''] = await printed(1);
  return { url: `http://127.0.0.1:${first.split(' ').at(-1)}/hook`, printed };
}

/** Says that more comes than does. Resolves when the receiver has let go of it. */
async function breakOff(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nthe beginning');
  socket.end();
  await once(socket.resume(), 'close');
}

const EXAMPLES = [
  ['node', process.execPath, 'receiver.mjs'],
  ['python', 'python3', 'receiver.py'],
] as const;

test.each(EXAMPLES)('the example receiver in %s believes what we sign and nothing else, and goes on whoever breaks off', async (_name, program, file) => {
  const receiver = await startExample(program, file);
  const forged = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' };
  expect((await fetch(receiver.url, { method: 'POST', body: '{}', headers: forged })).status).toBe(401);
  expect((await fetch(receiver.url, { method: 'POST', body: '{}' })).status).toBe(401);
  await breakOff(receiver.url);

  const house = await openHouse({}, { WEBHOOK_SECRET: SECRET });
  // Of one account: a batch that is finished in several shards begins with a higher revision.
  await house.write('p.jsonl', '{"prompt":"a fox in the snow","provider":"luma","id":"fox"}\n{"prompt":"a dog on the grass","provider":"pika","id":"dog"}\n');
  const { code, stderr } = await house.dailies('run', 'p.jsonl', '--batch', 'told', '--webhook', receiver.url);
  expect(code, stderr).toBe(0);
  const lines = await receiver.printed(4);
  // Of several shards it is the sum of theirs.
  const revision = (await readBatch(house.ledger.store, 'told'))?.revision;
  expect(revision).toBeGreaterThan(0);
  expect(lines.slice(1).map((line) => line.replace(/ (\d+).*/, ' $1')).toSorted()).toEqual([
    `batch.finished told revision ${revision}`, 'generation.succeeded dog round 1', 'generation.succeeded fox round 1',
  ]);
});

test.each(EXAMPLES)('the example receiver in %s does not begin without a secret: with an empty one anybody could sign', async (_name, program, file) => {
  const child = spawnExample(program, file, '');
  const said = text(child.stderr);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await said).toContain('WEBHOOK_SECRET is not set');
});

test('a line has a webhook of its own, status shows the deliveries, and a failing endpoint is listed and enabled', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response) => void response.writeHead(500).end();
  const house = await openHouse({}, { WEBHOOK_SECRET: SECRET });
  await house.write('p.jsonl', `{"prompt":"a fox in the snow","provider":"luma","id":"fox","webhook":"${receiver.url}?token=MARKED"}\n`);
  const ran = await house.dailies('run', 'p.jsonl', '--batch', 'told', '--json');
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toContain('1 webhook waits for another try');
  expect(saidJson(ran.stdout).generations[0]).toMatchObject({ webhook: receiver.url });

  const shown = JSON.parse((await house.dailies('status', 'fox', '--json')).stdout) as Record<string, unknown>;
  expect(shown['deliveries']).toMatchObject([{ event: 'generation.succeeded', to: receiver.url, outcome: 'failed', status: 500, note: 'HTTP 500' }]);
  const listed = (await house.dailies('webhooks')).stdout;
  const [id = ''] = /^[0-9a-f]{12}(?= .*HTTP 500)/m.exec(listed) ?? [];
  expect(listed).toContain(receiver.url);

  receiver.answer = (response) => response.end();
  expect((await house.dailies('webhooks', '--enable', id)).stdout).toContain('1 missed event is sent again');
  const again = await house.dailies('run', 'p.jsonl', '--batch', 'told');
  expect(again.code, again.stderr).toBe(0);
  expect(receiver.received.filter(({ json }) => json.data['id'] === 'fox').at(-1)?.json.type).toBe('generation.succeeded');
  expect([ran, again].map(({ stdout, stderr }) => stdout + stderr).join() + listed).not.toContain('MARKED');
});

test('a webhook that cannot be used is a fault of its line or option, and nothing is enqueued', async () => {
  const house = await openHouse({}, { WEBHOOK_SECRET: SECRET, ALLOW_PRIVATE_ADDRESSES: 'off' });
  await house.write('p.jsonl', '{"prompt":"a fox in the snow","provider":"luma","webhook":"http://hooks.example/x"}\n');
  expect(await house.dailies('enqueue', 'p.jsonl', '--batch', 'b')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('line 1: webhook: is not https'),
  });
  await house.write('p.txt', 'a fox in the snow\n');
  expect(await house.dailies('enqueue', 'p.txt', '--provider', 'luma', '--webhook', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--webhook is not an address'),
  });
  expect(
    await house.start(['enqueue', 'p.txt', '--provider', 'luma', '--webhook', 'https://hooks.example/'], { settings: { WEBHOOK_SECRET: '' } }).ended,
  ).toMatchObject({ code: 2, stderr: expect.stringContaining('WEBHOOK_SECRET is not set') });
  expect(await countIn(house.ledger.store, ({ all }) => all)).toBe(0);
});
