import { expect, test } from 'vitest';
import type { PublicGeneration } from '@dailies/queue';
import { generationPage } from './generation-page.ts';

const generation: PublicGeneration = {
  id: 'g1',
  state: 'failed',
  provider: 'kling',
  model: 'kling-v2',
  prompt: 'a cat',
  params: {},
  batch: 'cats',
  priority: 1,
  round: 2,
  metadata: null,
  attempts: 2,
  createdAt: '2025-01-01T00:00:00.000Z',
  videos: [],
  failure: { kind: 'moderated', message: 'Risk\u001b[2J control', code: '1301', retryable: false },
  history: [
    { at: '2025-01-01T00:00:00.000Z', state: 'queued' },
    { at: '2025-01-01T00:01:00.000Z', state: 'rendering', note: 'pending', times: 3 },
  ],
};

test('a failed one shows the real reason, fit for a terminal, and what helps', () => {
  const page = generationPage(generation, {}, '');
  expect(page).toContain('failure     moderated: Risk [2J control (code 1301)\n');
  expect(page).toContain('what helps  dailies retry g1\n');
  expect(page).toContain('submits     2 (round 2)\n');
  expect(generationPage(generation, { noRetry: 'paid already: resolve it' }, '')).toContain('what helps  paid already: resolve it\n');
  const usedId = generationPage({ ...generation, failure: { kind: 'id_used', message: 'refused', retryable: true } }, {}, ' --simulate');
  expect(usedId).toContain('what helps  dailies retry g1 --simulate | dailies resolve g1 --task TASK --simulate\n');
});

test('a submit in doubt is shown as such until its task is known', () => {
  const ambiguity = { sentAt: '2025-01-01T00:00:30.000Z', why: 'the connection broke' };
  const page = (more: Partial<PublicGeneration>) => generationPage({ ...generation, ambiguity, ...more }, {}, '');
  expect(page({ state: 'unresolved' })).toContain('ambiguous   sent 2025-01-01T00:00:30.000Z; the connection broke\n');
  expect(page({ state: 'failed' })).toContain('ambiguous   sent');
  expect(page({ state: 'succeeded', task: { id: 't1' } })).not.toContain('ambiguous');
});

test('what an upstream says of its progress, and a store of its fault, moves no cursor', () => {
  const page = generationPage(
    { ...generation, state: 'downloading', held: 'The bucket is\u001b[2J away', progress: { phase: 'run\u001b]0;x\u0007ning', percent: 5 } },
    {},
    '',
  );
  expect(page).toContain('(held: The bucket is [2J away)\n');
  expect(page).toContain('progress    run ]0;x ning, 5 %\n');
});

test('what waits for an answer about a task that a callback has named asks nothing of anybody', () => {
  expect(generationPage({ ...generation, state: 'queued', held: 'offered' }, {}, '')).toContain('what helps  nothing: it goes on by itself');
});

test('a cancel that waits for the outcome of a submit is shown behind the state, and asks nothing more of anybody but a word on what is unresolved', () => {
  const page = (state: PublicGeneration['state']) => generationPage({ ...generation, state, cancelRequested: true }, {}, '');
  expect(page('ambiguous')).toContain('state       ambiguous, cancel requested\n');
  expect(page('ambiguous')).toContain('what helps  nothing: that is decided as soon as the outcome of its submit is known, and it may be billed\n');
  expect(page('unresolved')).toContain('what helps  dailies resolve g1 ');
});

test('the history says how often something repeated', () => {
  expect(generationPage(generation, {}, '')).toMatch(/00:01:00\.000Z {2}rendering {3}pending \(3 times\)\n$/);
});

test('a stored video shows where it is', () => {
  const done = { ...generation, state: 'succeeded' as const, videos: [{ url: 'https://a/1.mp4', file: 'g1.mp4' }] };
  expect(generationPage(done, { folder: '/videos' }, '')).toContain('video       /videos/g1.mp4\n');
});

test('the deliveries of its webhook are shown oldest first, with why they failed', () => {
  const to = 'https://hooks.example/x';
  const deliveries = [
    { at: '2025-01-01T00:02:05.000Z', event: 'generation.failed', id: 'evt_1', to, outcome: 'delivered' as const, status: 200, ms: 12 },
    { at: '2025-01-01T00:02:00.000Z', event: 'generation.failed', id: 'evt_1', to, outcome: 'failed' as const, status: 500, ms: 3, note: 'HTTP 500' },
  ];
  const page = generationPage({ ...generation, webhook: to, deliveries }, {}, '');
  expect(page).toContain(`webhook     ${to}\n`);
  expect(page).toMatch(
    /webhooks\n {2}\S+ {2}failed {4}generation\.failed to \S+ in 3 ms: HTTP 500\n {2}\S+ {2}delivered generation\.failed to \S+ in 12 ms\n$/,
  );
});
