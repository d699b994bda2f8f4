/** `dailies doctor`: looks at everything that must be right, says what is wrong and what to do. Changes nothing, pays nothing. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { accountState, checkCompactness, checkDurability, commandAfter, ConfigError, downloadWaits, LEDGER_SCOPE, loadPrices, pauses, type Config, type Store } from '@dailies/queue';
import type { Context } from '../context.ts';
import { checkBucket } from '../doctor/bucket.ts';
import { type Finding, findingText } from '../doctor/finding.ts';
import { settleShards } from '../doctor/change-shards.ts';
import { settleRestored } from '../doctor/settle-restored.ts';
import { checkKeys } from '../doctor/keys.ts';
import { checkClock, checkDisks } from '../doctor/machine.ts';
import { checkUpstreams } from '../doctor/reachability.ts';
import { exitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { withSession } from '../session.ts';
import { openSetting, type Setting } from '../setting.ts';

export interface DoctorOptions {
  simulate?: boolean | undefined;
  json?: boolean | undefined;
  afterRestore?: boolean | undefined;
  /** Writes SHARDS down in the ledger. */
  shards?: boolean | undefined;
  /** With afterRestore: also where no worker has noticed that the ledger was rolled back. */
  yes?: boolean | undefined;
}

export async function doctor(context: Context, options: DoctorOptions): Promise<number> {
  if (options.shards === true) return settleShards(context, options);
  if (options.afterRestore === true) return settleRestored(context, options);
  const findings = await examine(context, options);
  const wrong = findings.filter(({ level }) => level === 'error').length;
  const code = exitCode({ lost: wrong });
  const text = options.json === true ? `${JSON.stringify({ type: 'doctor', findings, exitCode: code })}\n` : findings.map(findingText).join('');
  context.terminal.data(text);
  context.terminal.say(wrong === 0 ? 'Nothing is wrong.' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong.`);
  return code;
}

async function examine(context: Context, options: DoctorOptions): Promise<Finding[]> {
  let setting: Setting;
  try {
    setting = await openSetting(context, options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((what) => ({ level: 'error', about: 'configuration', what }));
  }
  const { config, simulator } = setting;
  const [redis, upstreams, disks, bucket] = await Promise.all([
    examineRedis(context, setting),
    // The simulator runs only while a simulated run does.
    simulator === null ? checkUpstreams(config) : [],
    checkDisks(config),
    checkBucket(config),
  ]);
  const prices = loadPrices(config.pricesFile).doubts.map((what): Finding => ({ level: 'warn', about: 'configuration', what }));
  return [...redis, ...prices, ...checkKeys(config), ...upstreams, ...disks, ...bucket];
}

async function examineRedis(context: Context, setting: Setting): Promise<Finding[]> {
  try {
    return await withSession(context, setting, { patient: false }, async ({ desk: { store } }) => {
      const servers = [...(await checkDurability(store.redis, setting.config.redisReplicas)), ...(await checkCompactness(store.redis))].map((finding): Finding => ({ about: 'redis', ...finding }));
      return [...servers, await checkClock(store), ...(await pauseFindings(store, setting.suffix)), ...(await waitFindings(store)), ...(await breakerFindings(store, setting.config))];
    });
  } catch (error) {
    return [{ level: 'error', about: 'redis', what: error instanceof Error ? error.message : String(error) }];
  }
}

async function breakerFindings(store: Store, config: Config): Promise<Finding[]> {
  const accounts = new Set(PROVIDER_NAMES.flatMap((name) => config.providers[name].account?.id ?? []));
  const states = await Promise.all([...accounts].map(async (account) => ({ account, ...(await accountState(store, account)) })));
  return states.flatMap(({ account, openSince }): Finding[] =>
    openSince === null
      ? []
      : [{ level: 'warn', about: 'upstream', what: `Nothing is submitted on ${account} since ${new Date(openSince).toISOString()}: three submits in a row were not answered for.`, remedy: 'It goes on by itself when the upstream answers a free request; is a worker running?' }],
  );
}

async function waitFindings(store: Store): Promise<Finding[]> {
  return (await downloadWaits(store)).map(({ machine, reason, since }) => ({
    level: 'warn',
    about: 'disk',
    what: `Downloads wait on ${printable(machine)} since ${new Date(since).toISOString()}: ${printable(reason)}`,
    remedy: 'Nothing fails meanwhile. They go on by themselves when the cause is gone.',
  }));
}

async function pauseFindings(store: Store, suffix: string): Promise<Finding[]> {
  return (await pauses(store)).map(({ scope, reason }) => ({
    level: scope === LEDGER_SCOPE ? 'error' : 'warn',
    about: 'pauses',
    what: `Paused: ${scope}: ${printable(reason)}.`,
    remedy: `${scope === LEDGER_SCOPE ? 'Nothing is submitted until' : 'When the cause is gone'}: ${commandAfter({ scope }, 'PROVIDER')}${suffix}`,
  }));
}
