import { expect, it } from 'vitest';
import { type AccountView, verdictsOf } from './account-view.ts';

const open: AccountView = {
  id: 'luma@x',
  pauses: [],
  learned: { limit: 5, doubtful: 0, refused: false, doubts: 0, openSince: null },
  cooldownMs: 0,
  slots: 1,
  slotsOfProvider: 1,
  limit: 5,
  configured: 5,
};
const around = { queued: 2, held: 1, forMs: 31_000, workers: 1, pollsLateMs: 0, unansweredSince: null, hasFewReplicas: false, ambiguous: 0 };
const pause = (kind: string) => [{ scope: 'account:luma@x', kind, reason: 'the reason', at: 1, newest: 1, polls: false }];
const pollsToo = pause('operator').map((one) => ({ ...one, polls: true }));
const doubtful = (count: number) => ({ learned: { ...open.learned, doubtful: count } });

it.each([
  [{}, 'open', 'good', 'submits may leave'],
  [{ slots: 0 }, 'not taken', 'bad', 'Is a worker running'],
  [{ workers: 0 }, 'not taken', 'bad', 'us: no worker lives'],
  [{ workers: 0, slots: 0, held: 2 }, 'open', 'good', 'submits may leave as soon as a worker runs'],
  [{ workers: null, forMs: 0 }, 'open', 'good', /^submits may leave$/],
  [{ pollsLateMs: 31_000 }, 'not taken', 'bad', 'us: a look at what renders is 31 s late'],
  [{ pollsLateMs: 31_000, slots: 5 }, 'not taken', 'bad', 'Is a worker running that has this account'],
  [{ unansweredSince: 1, slots: 5 }, 'no answers', 'bad', 'the upstream, or the way to it'],
  [{ slots: 0, held: 2 }, 'open', 'good', 'submits may leave'],
  [{ slots: 5 }, 'full', 'wait', 'every slot is used: the next submit waits for a video to end'],
  [{ slots: 5, ambiguous: 5, ...doubtful(5) }, 'full', 'wait', /^every slot is used: 5 by ambiguous submits, which are looked up within some minutes$/],
  [{ slots: 5, ambiguous: 2, ...doubtful(5) }, 'full', 'wait', /: 2 by ambiguous submits, .* minutes, 3 by what is unresolved, overdue, or has a task that a person gave$/],
  [{ slots: 5, ambiguous: 4, ...doubtful(1) }, 'full', 'wait', /: 1 by ambiguous submits, which are looked up within some minutes$/],
  [{ cooldownMs: 4_200 }, 'cooling down', 'wait', '5 s more'],
  [{ learned: { ...open.learned, openSince: 1 } }, 'breaker open', 'bad', 'the upstream did not answer'],
  [{ hasFewReplicas: true }, 'few replicas', 'bad', 'us: fewer replicas of Redis follow'],
  [{ pauses: pause('quota') }, 'paused', 'bad', 'the money: balance or quota is used up: the reason → Fill it: one submit tests it every ten minutes'],
  [{ pauses: pause('auth') }, 'paused', 'bad', 'us: the key is not accepted: the reason → Put a key of the same account'],
  [{ pauses: pause('ip') }, 'paused', 'bad', 'us: the upstream does not let the address of a worker in: the reason → Add it'],
  [{ pauses: pause('operator') }, 'paused', 'bad', 'a person paused it: the reason'],
  [{ pauses: pollsToo, pollsLateMs: 31_000, unansweredSince: 1 }, 'paused', 'bad', 'a person paused it: the reason'],
])('says of %j what is the matter', (more, word, tone, why) => {
  const [verdict, ...rest] = verdictsOf({ ...open, ...more }, { ...around, ...more });
  expect([verdict?.word, verdict?.tone, rest]).toEqual([word, tone, []]);
  expect(verdict?.why).toMatch(why);
});

it('says each of two pauses, with its own time: both must end', () => {
  const pauses = [...pause('quota'), { scope: 'operator:luma', kind: 'operator', reason: 'no money today', at: 2, newest: 2, polls: true }];
  expect(verdictsOf({ ...open, pauses }, around)).toMatchObject([
    { since: 1, pollsToo: false },
    { why: 'a person paused it: no money today', since: 2, pollsToo: true },
  ]);
});

it.each([
  [{ learned: { ...open.learned, openSince: 1 } }, ['breaker open']],
  [{ unansweredSince: 1 }, ['no answers']],
  [{ pollsLateMs: 31_000 }, ['not taken']],
  [{ workers: 0 }, ['not taken']],
  [{ learned: { ...open.learned, openSince: 1 }, workers: 0 }, ['breaker open', 'not taken']],
  [{ learned: { ...open.learned, openSince: 1 }, hasFewReplicas: true, unansweredSince: 1, pollsLateMs: 31_000 }, ['breaker open', 'few replicas', 'no answers']],
])('says all that is wrong, and beside a pause, too: what renders feels %j already', (more, wrong) => {
  const words = (pauses: AccountView['pauses']): string[] => verdictsOf({ ...open, pauses, ...more }, { ...around, ...more }).map(({ word }) => word);
  expect([words([]), words(pause('quota'))]).toEqual([wrong, ['paused', ...wrong]]);
});
