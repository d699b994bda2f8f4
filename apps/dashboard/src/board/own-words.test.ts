import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import express from 'express';
import { expect, it } from 'vitest';
import { listening } from '../../../../test/support/listening.ts';
import { ownWords } from './own-words.ts';

const FOLDER = path.join(import.meta.dirname, '../../../../node_modules/@bull-board/ui/dist/static/locales');

type Confirm = { ACTIONS: { CONFIRM: Record<string, string> } };
type Words = Record<'JOB' | 'QUEUE', Confirm> & { JOB: { NOT_FOUND: string }; ERRORS: { JOB_NOT_FOUND: string } };

const NAME = 'asks in our words whether an action may pay, in place of what Bull Board asks in %s, and keeps all its other words';

it.each(await readdir(FOLDER))(NAME, async (language) => {
  const url = await listening(express().use(ownWords(FOLDER)));
  const original = JSON.parse(await readFile(path.join(FOLDER, language, 'messages.json'), 'utf8')) as Words;
  const served = (await (await fetch(`${url}${language}/messages.json`)).json()) as Words;
  expect(served.JOB.ACTIONS.CONFIRM['RETRY']).toContain('which may be paid again');
  expect(served.QUEUE.ACTIONS.CONFIRM['RESUME_QUEUE']).toContain('which is paid');
  for (const never of ['EMPTY_QUEUE', 'OBLITERATE_QUEUE']) expect(served.QUEUE.ACTIONS.CONFIRM[never]).toContain('whatever you answer');
  // A key of ours that Bull Board does not know would be asked nowhere.
  expect(Object.keys(served.JOB.ACTIONS.CONFIRM)).toEqual(Object.keys(original.JOB.ACTIONS.CONFIRM));
  expect(Object.keys(served.QUEUE.ACTIONS.CONFIRM)).toEqual(Object.keys(original.QUEUE.ACTIONS.CONFIRM));
  for (const gone of [served.JOB.NOT_FOUND, served.ERRORS.JOB_NOT_FOUND]) expect(gone).toContain('A retry puts another one in its place');
  served.JOB.NOT_FOUND = original.JOB.NOT_FOUND;
  served.ERRORS.JOB_NOT_FOUND = original.ERRORS.JOB_NOT_FOUND;
  for (const part of ['JOB', 'QUEUE'] as const) served[part].ACTIONS.CONFIRM = original[part].ACTIONS.CONFIRM;
  expect(served).toEqual(original);
});

it('leaves what is no language of Bull Board to whoever comes next', async () => {
  const url = await listening(express().use(ownWords(FOLDER)));
  for (const language of ['xx-XX', '..%2fen-US', 'en']) expect((await fetch(`${url}${language}/messages.json`)).status).toBe(404);
});
