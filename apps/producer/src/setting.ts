/**
 * What a command works with before it needs a ledger: the configuration and, where asked for, the simulated upstreams.
 */
import path from 'node:path';
import { type Config, type Environment, loadConfig, loadPrices } from '@dailies/queue';
import { makePath } from '@dailies/results';
import type { Context } from './context.ts';
import { complainOfFolder } from './folder-complaint.ts';
import { simulatedEnvironment } from './simulation/simulated-environment.ts';
import { knownUpstreams, openUpstreams, type Upstreams } from './simulation/upstreams.ts';

export interface Setting {
  config: Config;
  /** OUT_DIR as it was given. Simulated services have a folder of their own in it; what a person runs is beside its real results, and marked. */
  outFolder: string;
  /** The simulator's address; null: the real upstreams. */
  simulator: string | null;
  /** What a command that we suggest must have behind it. */
  suffix: '' | ' --simulate';
  close(): Promise<void>;
}

export interface SettingOptions {
  simulate?: boolean | undefined;
  /** Whether simulated upstreams are needed, or only the ledger of what was simulated. */
  upstreams?: boolean | undefined;
  /** Log level where LOG_LEVEL says nothing. A progress display must not be torn by logs. */
  quietly?: boolean | undefined;
}

/** How much faster than the real upstreams the simulated ones are. */
const SPEED = 30;

export async function openSetting(context: Context, options: SettingOptions): Promise<Setting> {
  const environment: Environment = { ...context.environment };
  const quiet = (options.quietly ?? true) && (environment['LOG_LEVEL'] ?? '').trim() === '' ? { LOG_LEVEL: 'error' } : {};
  if (options.simulate !== true) {
    const config = loadConfig({ ...environment, ...quiet }, context.places);
    checkPrices(context, config, options);
    return { config, outFolder: config.outFolder, simulator: null, suffix: '', close: async () => undefined };
  }
  // Read once before anything is started: a faulty configuration is told at once, and it says where the state is.
  const looked = loadConfig(simulatedEnvironment(environment, 'http://127.0.0.1', SPEED), context.places);
  checkPrices(context, looked, options);
  const { stateFolder } = looked;
  const upstreams =
    options.upstreams === true
      ? await makePath(stateFolder, 0o700)
          .then(() => openUpstreams(stateFolder, SPEED))
          .catch((error: unknown) => complainOfFolder(error, stateFolder, 'DAILIES_DIR'))
      : await recorded(stateFolder);
  const config = loadConfig({ ...simulatedEnvironment(environment, upstreams.url, SPEED), ...quiet }, context.places);
  return { config, outFolder: path.dirname(config.outFolder), simulator: upstreams.url, suffix: ' --simulate', close: () => upstreams.close() };
}

/** A fault in the price table is told before anything is enqueued, too; a doubt to whoever submits something. */
function checkPrices({ terminal }: Context, { pricesFile }: Config, { upstreams = false }: SettingOptions): void {
  const { doubts } = loadPrices(pricesFile);
  if (upstreams) for (const doubt of doubts) terminal.say(doubt);
}

async function recorded(stateFolder: string): Promise<Upstreams> {
  return { url: (await knownUpstreams(stateFolder)) ?? 'http://127.0.0.1', close: async () => undefined };
}

export function saySimulated({ terminal }: Context, { simulator }: Setting): void {
  if (simulator !== null) terminal.say(`Simulated: the upstreams at ${simulator} are our simulator. Nothing is paid, and the videos are samples.`);
}
