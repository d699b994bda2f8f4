import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { readArguments } from './main-arguments.ts';

test('the process prints one line when it listens, serves, and ends on SIGTERM', async () => {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--speed', '30', '--limit', 'acedata=3'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data') as [Buffer];
  const { url, assets } = JSON.parse(String(line)) as { url: string; assets: string };
  expect([url, assets]).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
  expect((await fetch(`${url}/_simulator/ledger`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('every option is read', () => {
  const words = ['--port', '4010', '--state', 'f', '--limit', 'acedata=5', '--duration', 'luma=9', '--key', 'a', '--key', 'b', '--duplicate', 'accept', '--fault', '{"on":"poll","what":"500"}'];
  expect(readArguments(words)).toMatchObject({
    port: 4010, stateFile: 'f', limits: { acedata: 5 }, durations: { luma: 9 }, keys: ['a', 'b'], duplicateExternalId: 'accept', faults: [{ on: 'poll', what: '500' }],
  });
});

test.each([
  [['--port', 'x'], '--port is x'], [['--limit', 'sora=1'], '--limit is sora=1'], [['--fault', '{'], 'not JSON'], [['--duplicate', 'maybe'], 'reject or accept'], [['--nonsense'], 'nonsense'],
])('the arguments %j are refused with the reason', (words, reason) => {
  expect(() => readArguments(words)).toThrow(reason);
});
