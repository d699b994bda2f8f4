/** The short version of the crash and stop matrices: one point of each kind, the providers in turn. `npm run chaos` does all of them. */
import { expect, test } from 'vitest';
import { chaosSetting } from './chaos-setting.ts';
import { type Cell, matrix } from './parts/matrix.ts';
import { stops } from './parts/stops.ts';

const CRASHES: readonly Cell[] = [
  { point: 'submit:fetched', provider: 'pika' },
  { point: 'submit:sending', provider: 'allegro' },
  { point: 'submit:answered', provider: 'kling' },
  { point: 'submit:recorded', provider: 'luma' },
  { point: 'settle:adopted', provider: 'hailuo' },
  { point: 'poll:ended', provider: 'allegro' },
  { point: 'download:stored', provider: 'kling' },
  { point: 'download:succeeded', provider: 'pika' },
];

const STOPS: readonly Cell[] = [
  { point: 'submit:sending', provider: 'allegro' },
  { point: 'submit:sending', provider: 'kling' },
  { point: 'submit:answered', provider: 'hailuo' },
  { point: 'download:stored', provider: 'luma' },
];

test('a worker killed between any two effects pays nothing twice, loses nothing and leaves nothing stuck', { timeout: 180_000 }, async () => {
  const result = await matrix(await chaosSetting(1), { cells: CRASHES, width: 4 });
  expect(result.findings).toEqual([]);
  expect(result.figures['kills at the point']).toBe(CRASHES.length);
});

test('a worker that was stopped while another one took over sends nothing more, and spoils nothing', { timeout: 180_000 }, async () => {
  const result = await stops(await chaosSetting(2), { cells: STOPS, width: 4 });
  expect(result.findings).toEqual([]);
  expect(result.figures).toMatchObject({ 'stops at the point': STOPS.length, 'POSTs sent by a continued worker': 0 });
});
