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
import { unlessInterrupted } from './unless-interrupted.ts';

export interface Setting {
  config: Config;
  /** OUT_DIR as it was given. Simulated services have a folder of their own in it; what a person runs is beside its real results, and marked. */
  outFolder: string;
  /** The simulator's address; null: the real upstreams. */
  simulator: string | null;
  /** What a suggested command must end with, such as ` --simulate`. */
  suffix: '' | ' --simulate';
  close(): Promise<void>;
}

export interface SettingOptions {
  simulate?: boolean | undefined;
  /** Whether the simulated upstreams are needed, or only their ledger. */
  upstreams?: boolean | undefined;
  /** The log level when LOG_LEVEL is not set. Log lines must not tear a progress display. */
  quietly?: boolean | undefined;
}

/** How many times faster the simulated upstreams are than the real ones. */
const SPEED = 30;

export async function openSetting(context: Context, options: SettingOptions): Promise<Setting> {
  const environment: Environment = { ...context.environment };
  const quiet = (options.quietly ?? true) && (environment['LOG_LEVEL'] ?? '').trim() === '' ? { LOG_LEVEL: 'error' } : {};
  if (options.simulate !== true) {
    const config = loadConfig({ ...environment, ...quiet }, context.places);
    checkPrices(context, config, options);
    return { config, outFolder: config.outFolder, simulator: null, suffix: '', close: async () => undefined };
  }
  // Read once before anything is started: a faulty configuration is reported at once, and it says where the state folder is.
  const looked = loadConfig(simulatedEnvironment(environment, 'http://127.0.0.1', SPEED), context.places);
  checkPrices(context, looked, options);
  const { stateFolder } = looked;
  const upstreams =
    options.upstreams === true
      ? await unlessInterrupted(context, opened(stateFolder), 'The simulated upstreams were not there yet, and nothing was done.')
      : await recorded(stateFolder);
  const config = loadConfig({ ...simulatedEnvironment(environment, upstreams.url, SPEED), ...quiet }, context.places);
  return { config, outFolder: path.dirname(config.outFolder), simulator: upstreams.url, suffix: ' --simulate', close: () => upstreams.close() };
}

/** Reports a fault in the price table before anything is enqueued. A mere doubt is told only to commands that submit something. */
function checkPrices({ terminal }: Context, { pricesFile }: Config, { upstreams = false }: SettingOptions): void {
  const { doubts } = loadPrices(pricesFile);
  if (upstreams) for (const doubt of doubts) terminal.say(doubt);
}

async function opened(stateFolder: string): Promise<Upstreams> {
  try {
    await makePath(stateFolder, 0o700);
    return await openUpstreams(stateFolder, SPEED);
  } catch (error) {
    return complainOfFolder(error, stateFolder, 'DAILIES_DIR');
  }
}

async function recorded(stateFolder: string): Promise<Upstreams> {
  return { url: (await knownUpstreams(stateFolder)) ?? 'http://127.0.0.1', close: async () => undefined };
}

export function saySimulated({ terminal }: Context, { simulator }: Setting): void {
  if (simulator !== null) terminal.say(`Simulated: the upstreams at ${simulator} are our simulator. Nothing is paid, and the videos are samples.`);
}
