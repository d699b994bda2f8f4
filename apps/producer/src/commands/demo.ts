/**
 * `dailies demo`: everything at once on simulated upstreams: embedded Redis, worker, dashboard, and `examples/prompts.jsonl` becoming
 * videos in `out/demo-<n>/`. Opens nothing, pays nothing, ends by itself.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Config, ConfigError, readBatch } from '@dailies/queue';
import { makePath } from '@dailies/results';
import { claimFolder } from '../batch/files/claim-folder.ts';
import { readPrompts } from '../batch/intake/prompts.ts';
import { workBatch } from '../batch/work-batch.ts';
import { composeDashboard, type DashboardService } from '../compose.ts';
import type { Context } from '../context.ts';
import { type Session, withSession } from '../session.ts';
import { openSetting, saySimulated } from '../setting.ts';
import { dashboardLine } from './start.ts';

export async function demo(context: Context): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate: true, upstreams: true });
  try {
    return await withSession(context, setting, { patient: true }, async (session) => {
      const { config } = session;
      saySimulated(context, setting);
      const { batch, folder } = await nextDemo(session, setting.outFolder);
      const file = path.join(context.places.root, 'examples', 'prompts.jsonl');
      const prompts = await readPrompts(context, config, file, { batch });
      await claimFolder(context, folder, true);
      const dashboard = await startDashboard(session);
      try {
        terminal.say(dashboardLine(dashboard.at));
        const outcome = await workBatch(context, session, prompts, { file, folder, json: false, wait: false, prune: false, skipInvalid: false });
        terminal.say(
          'That was a simulation: the videos are samples of our simulator. With a key in .env, `npx dailies run FILE --provider P` makes real ones.',
        );
        return outcome.exitCode;
      } finally {
        await dashboard.service.stop(2_000);
      }
    });
  } finally {
    await setting.close();
  }
}

/** The first number that neither the folder nor the ledger has. The folder is made at once, so that two demos do not share one. */
async function nextDemo({ desk }: Session, outFolder: string): Promise<{ batch: string; folder: string }> {
  await makePath(outFolder);
  for (let number = 1; ; number += 1) {
    const batch = `demo-${number}`;
    const folder = path.join(outFolder, batch);
    if ((await readBatch(desk.store, batch)) !== null) continue;
    try {
      await mkdir(folder);
      return { batch, folder };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** On DASHBOARD_PORT or, where another program has it, on a free port. */
async function startDashboard({ config, redisUrl, log }: Session): Promise<{ service: DashboardService; at: Awaited<ReturnType<DashboardService['start']>> }> {
  const attempt = async (settings: Config) => {
    const service = await composeDashboard({ config: settings, redisUrl, log });
    return { service, at: await service.start() };
  };
  try {
    return await attempt(config);
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.faults.some((fault) => fault.startsWith('DASHBOARD_PORT'))) throw error;
    return attempt({ ...config, dashboard: { ...config.dashboard, port: 0 } });
  }
}
