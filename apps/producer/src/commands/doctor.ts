/** `dailies doctor`: looks at everything that must be right, says what is wrong and what to do. Changes nothing, pays nothing. */
import { checkCompactness, checkDurability, ConfigError, loadPrices } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { checkBucket } from '../doctor/bucket.ts';
import { type Finding, findingText } from '../doctor/finding.ts';
import { checkImages } from '../doctor/images.ts';
import { checkKeys } from '../doctor/keys.ts';
import { checkLedger } from '../doctor/ledger.ts';
import { checkClock, checkDisks, checkWorkersClocks } from '../doctor/machine.ts';
import { checkUpstreams } from '../doctor/reachability.ts';
import { settleRestored } from '../doctor/settle-restored.ts';
import { settleShards } from '../doctor/settle-shards.ts';
import { exitCode } from '../exit-code.ts';
import { withSession } from '../session.ts';
import { openSetting, type Setting } from '../setting.ts';

export interface DoctorOptions extends CommandOptions {
  afterRestore?: boolean | undefined;
  /** Writes SHARDS down in the ledger. */
  shards?: boolean | undefined;
  /** With `afterRestore`: acts even if no worker has noticed that the ledger was rolled back. */
  yes?: boolean | undefined;
}

export async function doctor(context: Context, options: DoctorOptions): Promise<number> {
  if (options.afterRestore === true && options.shards === true) {
    throw new Complaint('Give either --after-restore or --shards. After a restore, --after-restore comes first. Nothing was done.');
  }
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
    // The simulator runs only during a simulated run.
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
      const servers = [...(await checkDurability(store.redis, setting.config.redisReplicas)), ...(await checkCompactness(store.redis))];
      const found = servers.map((finding): Finding => ({ about: 'redis', ...finding }));
      const clocks = [await checkClock(store), ...(await checkWorkersClocks(store))];
      return [...found, ...(await checkImages(store, setting.config)), ...clocks, ...(await checkLedger(store, setting.config, setting.suffix))];
    });
  } catch (error) {
    return [{ level: 'error', about: 'redis', what: error instanceof Error ? error.message : String(error) }];
  }
}
