/** The configuration of a chaos run: times scaled down, so that what takes hours in production takes seconds; nothing else is different. */
import { PROVIDERS, PROVIDER_NAMES } from '@dailies/providers';
import { TEST_SHARDS } from '../support/shards.ts';

/** How many times faster upstream time runs, and with it the pace of the polls. */
export const SPEED = 600;
/** Milliseconds; 15 s in production. */
export const LOCK_MS = 3_000;

export function chaosEnvironment(upstream: string, tag: string): Record<string, string> {
  const environment: Record<string, string> = {
    REDIS_TAG: tag,
    SHARDS: String(TEST_SHARDS),
    DAILIES_DIR: 'state',
    OUT_DIR: 'out',
    LOG_LEVEL: 'info',
    ALLOW_PRIVATE_ADDRESSES: 'on',
    UPSTREAM_TIMEOUT_MS: '3000',
    STOP_DEADLINE_MS: '13000',
    RESUBMIT_AFTER_MS: '500',
    POLL_COST_SECONDS: String(2 / SPEED),
    SETTLE_AFTER_MS: '1500',
    // As in production, long enough for two looks after an owner was noticed to be silent.
    SETTLE_SILENT_MS: '9000',
    ALLEGRO_API_KEY: 'chaos-allegro',
    KLING_API_KEY: 'chaos-kling',
    KLING_ENDPOINT_PATH: 'abc123',
    ACEDATA_API_KEY: 'chaos-acedata',
    ALLEGRO_BASE_URL: upstream,
    KLING_BASE_URL: upstream,
    ACEDATA_BASE_URL: upstream,
    ALLEGRO_MAX_IN_FLIGHT: '40',
    KLING_MAX_IN_FLIGHT: '40',
    ACEDATA_MAX_IN_FLIGHT: '40',
  };
  for (const name of PROVIDER_NAMES) {
    environment[`${name.toUpperCase()}_FIRST_POLL_MS`] = String(Math.round(PROVIDERS[name].pace.firstPollMs / SPEED));
    environment[`${name.toUpperCase()}_POLL_MIN_MS`] = '50';
    environment[`${name.toUpperCase()}_POLL_MAX_MS`] = '300';
  }
  return environment;
}
