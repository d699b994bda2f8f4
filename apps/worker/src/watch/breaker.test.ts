import { expect, test } from 'vitest';
import { PROVIDERS, ProviderError, createUpstreamHttp, type ProviderName } from '@dailies/providers';
import { type Config, MOST_DOUBTS, accountState, createLog, learnDoubt, shardOf } from '@dailies/queue';
import { PROMPTS, openRig } from '../../../../test/support/rig.ts';
import type { Upstream } from '../context.ts';
import { openStepStage } from '../steps/testing/step-stage.ts';
import { closeBreakers } from './breaker.ts';

test.each(['hailuo', 'pika', 'luma'] as const)('the breaker of an account that several providers share closes, though only %s has work on it', async (provider) => {
  const rig = await openRig();
  const { account } = upstreamOf(rig.config, provider);
  const store = shardOf(rig.store, account.id);
  await rig.enqueue('work', [{ provider, ask: PROMPTS[provider] }]);
  for (let doubt = 0; doubt < MOST_DOUBTS; doubt += 1) await learnDoubt(store, account.id, `submit-${doubt}`);
  expect((await accountState(store, account.id)).openSince).not.toBeNull();

  await closeBreakers({ store, ...upstream() }, (['hailuo', 'pika', 'luma'] as const).map((name) => upstreamOf(rig.config, name)), 0);
  expect((await accountState(store, account.id)).openSince).toBeNull();
});

test('a breaker closes though a backlog of another account has waited for longer', async () => {
  const rig = await openRig();
  const { account } = upstreamOf(rig.config, 'allegro');
  const store = shardOf(rig.store, account.id);
  await rig.enqueue('backlog', Array.from({ length: 120 }, (_, at) => ({ provider: 'kling' as const, ask: { ...PROMPTS.kling, prompt: `a little dog, take ${at}` } })));
  await rig.enqueue('work', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  for (let doubt = 0; doubt < MOST_DOUBTS; doubt += 1) await learnDoubt(store, account.id, `submit-${doubt}`);

  await closeBreakers({ store, ...upstream() }, [upstreamOf(rig.config, 'kling'), upstreamOf(rig.config, 'allegro')], 0);
  expect((await accountState(store, account.id)).openSince).toBeNull();
});

test('a breaker closes though all that is next of its provider is of another account', async () => {
  const rig = await openRig();
  const { account } = upstreamOf(rig.config, 'kling');
  const store = shardOf(rig.store, account.id);
  await rig.enqueue('elsewhere', Array.from({ length: 40 }, (_, at) => ({ provider: 'kling' as const, ask: { ...PROMPTS.kling, prompt: `a little dog, take ${at}` } })));
  for (let at = 0; at < 40; at += 1) await rig.redis.hset(store.keys.generation(`elsewhere-${at}`), 'account', 'kling@http://elsewhere');
  // Of the same batch, and so behind them.
  await rig.enqueue('elsewhere', [{ provider: 'kling', ask: PROMPTS.kling, id: 'work' }]);
  for (let doubt = 0; doubt < MOST_DOUBTS; doubt += 1) await learnDoubt(store, account.id, `submit-${doubt}`);

  await closeBreakers({ store, ...upstream() }, [upstreamOf(rig.config, 'kling')], 0);
  expect((await accountState(store, account.id)).openSince).toBeNull();
});

test.each([
  ['stays open', 'is away', 'unavailable', true],
  ['stays open', 'answers with what cannot be read', 'protocol', true],
  ['closes', 'answers, though with a refusal', 'rejected', false],
] as const)('a breaker %s while the upstream %s', async (_what, _how, kind, isOpen) => {
  const stage = openStepStage();
  const { ledger, context, account, upstream } = stage;
  const store = shardOf(ledger.store, account);
  await stage.rendering();
  for (let doubt = 0; doubt < MOST_DOUBTS; doubt += 1) await learnDoubt(store, account, `submit-${doubt}`);
  const asked = { ...upstream, provider: { ...upstream.provider, poll: () => Promise.reject(new ProviderError(kind, 'no')) } };
  await closeBreakers({ ...context, store }, [asked], 0);
  expect((await accountState(store, account)).openSince !== null).toBe(isOpen);
});

test('a breaker stays open where there is nothing that its upstream could be asked about', async () => {
  const { ledger, context, account, upstream } = openStepStage();
  const store = shardOf(ledger.store, account);
  for (let doubt = 0; doubt < MOST_DOUBTS; doubt += 1) await learnDoubt(store, account, `submit-${doubt}`);
  await closeBreakers({ ...context, store }, [upstream], 0);
  expect((await accountState(store, account)).openSince).not.toBeNull();
});

function upstream() {
  return { http: createUpstreamHttp({ timeoutMs: 5_000 }), log: createLog({ level: 'silent', name: 'test' }), stopping: new AbortController().signal };
}

function upstreamOf(config: Config, name: ProviderName): Upstream {
  const settings = config.providers[name];
  if (settings.account === null) throw new Error(`no account for ${name}`);
  return { provider: PROVIDERS[name], settings, account: settings.account };
}
