import { expect, it } from 'vitest';
import { type AccountView, verdictOf } from './account-view.ts';

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
const pause = (kind: string) => [{ scope: 'account:luma@x', kind, reason: 'the reason', at: 1, polls: false }];

it.each([
  [{}, 'open', 'good', 'submits may leave'],
  [{ slots: 0 }, 'not taken', 'bad', 'Is a worker running'],
  [{ workers: 0 }, 'not taken', 'bad', 'us: no worker lives'],
  [{ workers: 0, slots: 0, held: 2 }, 'open', 'good', 'submits may leave'],
  [{ pollsLateMs: 31_000 }, 'not taken', 'bad', 'us: a look at what renders is 31 s late'],
  [{ pollsLateMs: 31_000, slots: 5 }, 'not taken', 'bad', 'Is a worker running that has this account'],
  [{ pollsLateMs: 31_000, pauses: pause('operator') }, 'paused', 'bad', 'a person paused it'],
  [{ isUnanswered: true, slots: 5 }, 'no answers', 'bad', 'the upstream, or the way to it'],
  [{ slots: 0, held: 2 }, 'open', 'good', 'submits may leave'],
  [{ slots: 5 }, 'full', 'wait', 'every slot is used'],
  [{ cooldownMs: 4_200 }, 'cooling down', 'wait', '5 s more'],
  [{ learned: { ...open.learned, openSince: 1 } }, 'breaker open', 'bad', 'the upstream did not answer'],
  [{ hasFewReplicas: true }, 'few replicas', 'bad', 'us: fewer replicas of Redis follow'],
  [{ pauses: pause('quota') }, 'paused', 'bad', 'the money: balance or quota is used up: the reason'],
  [{ pauses: pause('auth') }, 'paused', 'bad', 'us: the key is not accepted: the reason'],
  [{ pauses: pause('operator'), learned: { ...open.learned, openSince: 1 } }, 'paused', 'bad', 'a person paused it: the reason'],
])('says of %j what is the matter', (more, word, tone, why) => {
  const verdict = verdictOf({ ...open, ...more }, { queued: 2, held: 1, forMs: 31_000, workers: 1, pollsLateMs: 0, isUnanswered: false, hasFewReplicas: false, ...more });
  expect([verdict.word, verdict.tone]).toEqual([word, tone]);
  expect(verdict.why).toContain(why);
});
