import { expect, test } from 'vitest';
import { STATES } from '@dailies/queue';
import type { StateCounts } from './board.ts';
import type { Outcome } from './outcome.ts';
import { hindranceText, summaryJson, summaryText } from './report.ts';

const options = { folder: '/videos', suffix: '' as const, skipped: 0 };

function outcome(counts: Partial<StateCounts>, more: Partial<Outcome> = {}): Outcome {
  const all = { ...(Object.fromEntries(STATES.map((state) => [state, 0])) as StateCounts), ...counts };
  const total = Object.values(all).reduce((sum, one) => sum + one, 0);
  return { batch: 'cats', total, counts: all, abandoned: 0, standing: { moving: 0, hindrances: [] }, trouble: [], troubleInAll: 0, exitCode: 0, ...more };
}

test('a batch that succeeded says where everything is', () => {
  expect(summaryText(outcome({ succeeded: 3 }), options)).toBe(
    'cats: 3 of 3 succeeded\nVideos    /videos\nManifest  /videos/manifest.jsonl\nTo look   /videos/index.html\n',
  );
});

test('a failure shows its line and the real reason, and what helps', () => {
  const trouble = [{ id: 'g1', line: 7, provider: 'kling', state: 'failed', reason: 'moderated: Risk\ncontrol' }];
  const text = summaryText(outcome({ succeeded: 1, failed: 1 }, { trouble, troubleInAll: 1 }), options);
  expect(text).toContain('  failed  line 7  kling  g1  moderated: Risk control\n');
  expect(text).toContain('dailies retry cats');
});

test('what a person canceled or gave up is not to be tried again with its batch, which would leave it or pay for all of it', () => {
  const said = (counts: Partial<StateCounts>, abandoned: number) => summaryText(outcome(counts, { abandoned }), { ...options, suffix: ' --simulate' });
  expect(said({ succeeded: 1, failed: 2 }, 2)).toContain('What a person gave up stays so. Wanted after all, one by one: dailies retry ID --simulate\n');
  for (const text of [said({ failed: 2 }, 2), said({ canceled: 3 }, 0), said({ failed: 1, canceled: 3 }, 1)]) expect(text).not.toContain('dailies retry cats');
  expect(said({ failed: 2, canceled: 1 }, 1)).toContain('To try again what failed or was canceled: dailies retry cats --simulate');
});

test('an unresolved one names the command with its id', () => {
  const trouble = [{ id: 'g9', line: null, provider: 'allegro', state: 'unresolved', reason: 'time-out' }];
  const text = summaryText(outcome({ unresolved: 1 }, { trouble, troubleInAll: 1 }), { ...options, suffix: ' --simulate' });
  expect(text).toContain('dailies resolve g9 --task TASK | --resubmit (may pay twice) | --abandon --simulate');
});

test('files that are gone from the only machine are looked for on no other one', () => {
  const gone = { ...options, suffix: ' --simulate' as const, notHere: new Map([['/videos', 2]]) };
  const alone = summaryText(outcome({ succeeded: 2 }), { ...gone, alone: true });
  expect(alone).toContain('Videos    of 2 are not in /videos on this machine: they were moved or deleted\n');
  expect(alone).toContain('Deleted   dailies retry cats --simulate fetches them again, free');
  expect(alone).not.toContain('THAT-MACHINE');
  expect(summaryText(outcome({ succeeded: 2 }), gone)).toContain('dailies results cats --download --from http://THAT-MACHINE:3000 --simulate');
});

test('a run whose files are gone from its folder on the only machine blames no other one', () => {
  const text = summaryText(outcome({ succeeded: 2 }), { ...options, elsewhere: 1, alone: true });
  expect(text).toContain('The files of 1 that succeeded are not in /videos: somebody took them away.');
  expect(text).not.toContain('machine');
});

test('what Ctrl-C has ended says what goes on without it, and what to type', () => {
  const stopped = outcome({ queued: 1, rendering: 1 }, { exitCode: 130 });
  const said = (more: object) => summaryText(stopped, { ...options, suffix: ' --simulate', ...more });
  expect(said({})).toContain('Interrupted. The same command again goes on where it stopped. What renders goes on at the upstream');
  expect(said({ followed: 'unattended' })).toContain('only the watching has ended, workers go on. To follow again: dailies watch cats --simulate\n');
  expect(said({ followed: 'unattended', withoutWorker: 'No worker.' })).toContain('only the watching has ended. No worker. To follow again');
  expect(said({ followed: 'attended' })).toContain('What is queued waits until it is watched, or its file is run again. To follow');
});

test('what waits under a pause names its reason and the command that ends it', () => {
  const hindrances = [{ why: 'pause', provider: 'luma', account: 'a', reason: 'balance is empty', remedy: 'dailies resume luma', count: 4 }] as const;
  const held = outcome({ queued: 4 }, { standing: { moving: 0, hindrances: [...hindrances] } });
  expect(summaryText(held, options)).toContain('4 of luma wait under a pause: balance is empty. What helps: dailies resume luma\n');
  expect(hindranceText({ ...hindrances[0], count: 1 })).toContain('1 of luma waits under a pause:');
  expect(hindranceText({ ...hindrances[0], step: 'Fill it.' })).toContain('balance is empty. Fill it. What helps: dailies resume luma');
  expect(summaryJson(held, options)).toMatchObject({ type: 'summary', total: 4, blocked: [{ provider: 'luma', count: 4 }] });
});
