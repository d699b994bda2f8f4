/** Callbacks bring on three polls in a row, and no more: whoever calls must not set the pace. */
import { MOST_QUICK_POLLS } from '@dailies/queue';
import { expect, test } from 'vitest';
import { hastened, tooHasty } from './hint.ts';
import { wait } from '../steps/step-outcome.ts';
import { openStepStage } from '../steps/testing/step-stage.ts';

test('a hint ends the wait of a poll, but not that after the last one which hints may bring on', async () => {
  const stage = openStepStage();
  stage.context.config.publicUrl = 'http://127.0.0.1:1';
  const generation = await stage.rendering();
  const after = async (quick: number) => {
    const outcome = await hastened(stage.context, { ...generation, hintAt: 2, hintSeen: 1, quick, usualAt: Date.now() + 60_000 }, { ...wait(60_000, 'pending'), kind: 'wait' });
    return { ends: outcome.hurry !== undefined, isSoon: outcome.ms < 30_000 };
  };
  expect(await after(0)).toEqual({ ends: true, isSoon: true });
  expect(await after(MOST_QUICK_POLLS - 1)).toEqual({ ends: false, isSoon: false });
});

test('a poll that comes before the usual time, once hints have brought on three, waits for that time', () => {
  expect(tooHasty({ quick: MOST_QUICK_POLLS, usualAt: Date.now() + 60_000 })).toBeGreaterThan(50_000);
  expect(tooHasty({ quick: MOST_QUICK_POLLS, usualAt: Date.now() - 1 })).toBe(0);
  expect(tooHasty({ quick: MOST_QUICK_POLLS - 1, usualAt: Date.now() + 60_000 })).toBe(0);
});
