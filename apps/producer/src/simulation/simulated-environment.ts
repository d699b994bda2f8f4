/**
 * Makes the environment of a simulated run from the real one: keys that open nothing, base URLs of the simulator, times shorter by the factor of its
 * clock, its own folders for state and results, and always the embedded Redis. Pure. It must not keep any real key.
 */
import path from 'node:path';
import { PROVIDERS, PROVIDER_NAMES } from '@dailies/providers';
import { isOfAceData, SIMULATED_KEY, type Environment } from '@dailies/queue';

export function simulatedEnvironment(environment: Environment, simulatorUrl: string, speed: number): Environment {
  const simulated: Record<string, string | undefined> = { ...environment };
  for (const name of NOT_SIMULATED) delete simulated[name];
  for (const name of PROVIDER_NAMES) {
    if (isOfAceData(name)) delete simulated[`${name.toUpperCase()}_API_KEY`];
    const account = isOfAceData(name) ? 'ACEDATA' : name.toUpperCase();
    simulated[`${account}_API_KEY`] = SIMULATED_KEY;
    simulated[`${account}_BASE_URL`] = simulatorUrl;
  }
  simulated['KLING_ENDPOINT_PATH'] = 'simulated';
  // The simulator serves its videos over plain http on the loopback.
  simulated['ALLOW_PRIVATE_ADDRESSES'] = 'on';
  simulated['DAILIES_DIR'] = path.join(environment['DAILIES_DIR']?.trim() || '.dailies', 'sim');
  // No batch can have this name, so a simulated batch that came over HTTP never shares a folder with a real one of its name.
  simulated['OUT_DIR'] = path.join(environment['OUT_DIR']?.trim() || 'out', '_simulated');

  const resubmitMs = Number(environment['RESUBMIT_AFTER_MS']?.trim() || 30_000);
  if (resubmitMs >= 0) simulated['RESUBMIT_AFTER_MS'] = String(Math.ceil(resubmitMs / speed));
  const pollCost = Number(environment['POLL_COST_SECONDS']?.trim() || 2);
  if (Number.isFinite(pollCost)) simulated['POLL_COST_SECONDS'] = String(pollCost / speed);
  for (const name of PROVIDER_NAMES) {
    const { pace } = PROVIDERS[name];
    const times = { FIRST_POLL_MS: pace.firstPollMs, POLL_MIN_MS: pace.minMs, POLL_MAX_MS: pace.maxMs, DEADLINE_MS: pace.deadlineMs };
    for (const [suffix, standard] of Object.entries(times)) {
      const variable = `${name.toUpperCase()}_${suffix}`;
      const own = environment[variable]?.trim();
      const realMs = own === undefined || own === '' ? standard : Number(own);
      // A value that is no number, or less than none, is left as it is: loading the configuration reports it.
      if (realMs >= 0) simulated[variable] = String(Math.ceil(realMs / speed));
    }
  }
  return simulated;
}

/**
 * Variables that must not reach a simulated run: the real Redis and its replicas, the bucket of real results, callback addresses for paid upstreams, and
 * webhooks for real videos. (Nor do the keys of single AceData providers: they would be accounts of their own.)
 */
const NOT_SIMULATED = [
  'S3_BUCKET', 'S3_ENDPOINT', 'S3_REGION', 'S3_PREFIX', 'S3_PATH_STYLE', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY',
  'REDIS_URL', 'REDIS_REPLICAS', 'ACEDATA_INERT_CALLBACK',
  'WEBHOOK_URL', 'KLING_CALLBACK_SECRET',
];
