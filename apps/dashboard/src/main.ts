/** The dashboard as a process of its own: configuration → service → signals. `npm start` runs it together with the rest. */
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { ConfigError, createLog, endOnSignal, loadConfig, OtherShards } from '@dailies/queue';
import { createDashboard } from './dashboard.ts';

// The dashboard waits most of the time, so a large young generation of V8's heap would only waste memory.
setFlagsFromString('--optimize-for-size');

async function main(): Promise<void> {
  const config = loadConfig(process.env, { root: path.resolve(import.meta.dirname, '../../..'), cwd: process.cwd() });
  if (config.redisUrl === null) {
    throw new ConfigError(['REDIS_URL: is missing. The dashboard alone starts no Redis; `npm start` runs everything with an embedded one.']);
  }
  const log = createLog({ level: config.logLevel, name: 'dashboard', pretty: process.stderr.isTTY });
  const dashboard = createDashboard({ config, redisUrl: config.redisUrl.reveal(), log });

  const { url, user, generatedPassword } = await dashboard.start();
  const password = generatedPassword === null ? '' : ` · password ${generatedPassword} (generated; set DASHBOARD_PASSWORD to keep one)`;
  process.stderr.write(`Dashboard: ${url} · user ${user}${password}\n`);

  endOnSignal({ stop: (deadlineMs) => dashboard.stop(deadlineMs), deadlineMs: config.stopDeadlineMs, log });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError || error instanceof OtherShards ? 2 : 1;
});
