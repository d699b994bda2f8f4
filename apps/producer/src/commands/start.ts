/**
 * `dailies start`: the whole system on one machine until it is stopped: Redis (embedded, or REDIS_URL), a worker with its health port,
 * the dashboard, the HTTP API. A stop that was asked for is no failure: exit code 0.
 */
import { describeRedisUrl } from '@dailies/queue';
import { composeDashboard, composeTracing, composeWorker, type DashboardService } from '../compose.ts';
import type { ApiService } from '../api/index.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { openSession } from '../session.ts';
import { openSetting, saySimulated } from '../setting.ts';

export async function start(context: Context, { simulate }: Pick<CommandOptions, 'simulate'>): Promise<number> {
  const { terminal, interrupts } = context;
  const setting = await openSetting(context, { simulate, upstreams: true, quietly: false });
  const { config } = setting;
  const ends: (() => Promise<void>)[] = [() => setting.close()];
  try {
    const session = await openSession(context, setting, { patient: true, serves: true });
    ends.push(() => session.close());
    const { redisUrl, log } = session;
    const tracing = await composeTracing(config.otlpEndpoint, 'dailies');
    ends.push(() => tracing.stop());
    const worker = await composeWorker({ config, redisUrl, log, healthPort: config.workerPort, tracing });
    const services: { stop(deadlineMs: number): Promise<void> }[] = [worker];
    // All services stop at once: each has the whole deadline, and together they need no longer.
    ends.push(async () => {
      const stops = await Promise.allSettled(services.map((service) => service.stop(config.stopDeadlineMs)));
      for (const stop of stops) if (stop.status === 'rejected') log.error({ err: stop.reason as unknown }, 'a service did not stop as it should');
    });
    const dashboard = await composeDashboard({ config, redisUrl, log });
    services.push(dashboard);

    const { createApi } = await import('../api/index.ts');
    const api = createApi({ config, redisUrl, log, version: context.version, tracing });
    services.push(api);

    interrupts.limitStop(config.stopDeadlineMs, (line) => terminal.say(line));
    // A worker that is up submits. A port that is in use must end this before.
    const [dashboardUp, apiUp] = [await dashboard.start(), await api.start()];
    await worker.start();
    saySimulated(context, setting);
    terminal.say(`Redis      ${config.redisUrl === null ? `embedded, in ${config.stateFolder}` : describeRedisUrl(redisUrl)}`);
    terminal.say(
      `Worker     health at http://${config.workerHost}:${worker.healthPort() ?? config.workerPort}/healthz, metrics at /metrics; ${usable(config)}`,
    );
    terminal.say(`Results    in ${session.results.place()}`);
    terminal.say(dashboardLine(dashboardUp));
    terminal.say(apiLine(apiUp));
    terminal.say('Ctrl-C stops it cleanly.');
    interrupts.onHardStop(() =>
      terminal.say(`Stopped at once. May have been billed, to be settled by the next start: ${worker.submitting().join(', ') || 'none'}`),
    );
    await stopped(interrupts.stopping);
    terminal.say(`Stopping: waiting for what is under way, ${Math.ceil(config.stopDeadlineMs / 1000)} s at most. Ctrl-C again stops at once.`);
    return 0;
  } catch (error) {
    // A stop that came before it was up is one that was asked for, too.
    if (!(error instanceof Complaint && error.exitCode === 130)) throw error;
    terminal.say(error.message);
    return 0;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function apiLine({ url, needsKeys, note }: Awaited<ReturnType<ApiService['start']>>): string {
  return `HTTP API   ${url}/docs  ${needsKeys ? 'needs a key: Authorization: Bearer KEY' : (note ?? '')}`;
}

export function dashboardLine({ url, user, generatedPassword }: Awaited<ReturnType<DashboardService['start']>>): string {
  const password = generatedPassword === null ? 'password: DASHBOARD_PASSWORD' : `password ${generatedPassword} (generated; DASHBOARD_PASSWORD sets one)`;
  return `Dashboard  ${url}  user ${user}, ${password}`;
}

function usable({ providers }: { providers: Record<string, { name: string; account: unknown }> }): string {
  const names = Object.values(providers).flatMap(({ name, account }) => (account === null ? [] : [name]));
  return names.length === 0 ? 'no provider has a key (`dailies doctor` says which variables)' : `working for ${names.join(', ')}`;
}

function stopped(signal: AbortSignal): Promise<void> {
  // A signal listener does not keep the process alive. The services do, but this command should not depend on that.
  const alive = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}
