/**
 * The whole environment of a process of the end-to-end tests. Every variable that Dailies knows is in it, at least as an empty one, so that
 * no `.env` of a developer counts. Paces and time-outs are small; the rules are the real ones.
 */
import { PROVIDERS, PROVIDER_NAMES } from '@dailies/providers';
import { VARIABLES } from '@dailies/queue';

/** Upstream time runs this much faster than the vendors'. */
export const SPEED = 600;

/** A process has no more than this. It must not hold a key that opens anything. Its embedded Redis is the program that the suite runs on. */
export function processEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const blank = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']));
  return { PATH: process.env['PATH'] ?? '', ...blank, DAILIES_REDIS_SERVER: process.env['DAILIES_REDIS_SERVER'] ?? '', ...settings };
}

export function upstreamSettings(url: string): Record<string, string> {
  const settings: Record<string, string> = {
    ALLOW_PRIVATE_ADDRESSES: 'on',
    // A machine that runs tests may have little room.
    DISK_RESERVE_BYTES: '1000000',
    ALLEGRO_API_KEY: 'test-allegro',
    KLING_API_KEY: 'test-kling',
    KLING_ENDPOINT_PATH: 'abc123',
    ACEDATA_API_KEY: 'test-acedata',
    ALLEGRO_BASE_URL: url,
    KLING_BASE_URL: url,
    ACEDATA_BASE_URL: url,
    ACEDATA_MAX_IN_FLIGHT: '20',
    UPSTREAM_TIMEOUT_MS: '5000',
    STOP_DEADLINE_MS: '20000',
    RESUBMIT_AFTER_MS: '200',
    POLL_COST_SECONDS: String(2 / SPEED),
    SETTLE_AFTER_MS: '400',
    SETTLE_SILENT_MS: '1200',
    WORKER_PORT: '0',
    DASHBOARD_PORT: '0',
  };
  for (const name of PROVIDER_NAMES) {
    const prefix = name.toUpperCase();
    settings[`${prefix}_FIRST_POLL_MS`] = String(Math.round(PROVIDERS[name].pace.firstPollMs / SPEED));
    settings[`${prefix}_POLL_MIN_MS`] = '50';
    settings[`${prefix}_POLL_MAX_MS`] = '300';
  }
  return settings;
}
