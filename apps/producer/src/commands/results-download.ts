/**
 * `dailies results NAME --download [DIR]`: the files of a batch, wherever they were made, whole and verified in a folder of this machine. The
 * same command again fetches what is missing or damaged, and nothing else.
 */
import path from 'node:path';
import { isSimulated } from '@dailies/queue';
import { openResults, type Results } from '@dailies/results';
import { claimFolder } from '../batch/files/claim-folder.ts';
import { makeFolder } from '../batch/files/make-folder.ts';
import { apiSource } from '../collect/api-source.ts';
import { collect, type Collected } from '../collect/collect.ts';
import { ledgerSource } from '../collect/ledger-source.ts';
import { slowSource } from '../collect/slow-source.ts';
import type { Source } from '../collect/source.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { findByName } from '../lookup.ts';
import { withSession } from '../session.ts';
import { openSetting, type Setting } from '../setting.ts';

export interface DownloadOptions extends CommandOptions {
  /** A folder, or true: OUT_DIR/NAME. */
  download: string | true;
  /** The API of another machine. Default: DAILIES_URL, where it is set. */
  from?: string | undefined;
  /** Means something only without a download. */
  format?: string | undefined;
}

export async function downloadResults(context: Context, name: string, options: DownloadOptions): Promise<number> {
  if (options.format !== undefined) {
    const suffix = options.simulate === true ? ' --simulate' : '';
    const command = `dailies results ${name} --format ${options.format}${suffix}`;
    throw new Complaint(`--format goes without --download, which writes manifest.jsonl and manifest.csv beside the files: ${command}`);
  }
  const setting = await openSetting(context, options);
  const { config } = setting;
  const url = options.from?.replace(/\/+$/, '') ?? config.remote.url;
  const folder =
    options.download === true ? path.join(setting.outFolder, name.replace(/^(batch|id):/, '')) : path.resolve(context.places.cwd, options.download);
  const { json } = options;
  if (url !== null) {
    const api = { url, key: config.remote.key, stopping: context.interrupts.stopping };
    return bring(context, setting, { sourceIn: () => apiSource(api, name, isSimulated(config)), folder, json });
  }
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const found = await findByName(desk.store, name, setting.suffix);
    return bring(context, setting, { sourceIn: (results) => ledgerSource(desk.store, results, found, isSimulated(config)), folder, json });
  });
}

interface Brought extends Pick<DownloadOptions, 'json'> {
  sourceIn: (results: Results) => Source;
  /** Where the files go. */
  folder: string;
}

async function bring(context: Context, { config }: Setting, { sourceIn, folder, json }: Brought): Promise<number> {
  const { terminal, interrupts } = context;
  const results = openResults({ ...config, stopping: interrupts.stopping });
  try {
    const source = slowSource(sourceIn(results), (line) => terminal.say(line));
    const simulated = await source.isSimulated();
    if (simulated) terminal.say('Simulated: these videos are samples.');
    await makeFolder(folder, '--download');
    await claimFolder(context, folder, simulated, '--download');
    await results.at(folder).prepare(folder);
    const collected = await collect(source, { folder, results, simulated, signal: interrupts.stopping, warn: (text) => terminal.say(`Warning: ${text}.`) });
    terminal.data(json === true ? `${JSON.stringify({ type: 'download', folder, ...collected })}\n` : textOf(collected, folder));
    return exitCode({ interrupted: interrupts.stopping.aborted, lost: collected.missing.length });
  } finally {
    results.close();
  }
}

function textOf({ counts, missing, rows, moving }: Collected, folder: string): string {
  const still = moving > 0 ? `, ${moving} of them still on the way` : '';
  const files = `${counts.fetched} ${counts.fetched === 1 ? 'file' : 'files'} fetched, ${counts.whole} whole already`;
  const lines = [`${folder}: ${files}, of ${rows} ${rows === 1 ? 'generation' : 'generations'}${still}`];
  for (const { id, file, why } of missing) lines.push(`not fetched: ${file} of ${id}: ${why}`);
  return `${lines.join('\n')}\n`;
}
