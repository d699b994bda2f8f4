/** Dailies configured for the workload: one Kling account whose limit never holds anything back, and short waits. Everything else is the default. */
import type { Place } from './contestant.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS, SUBMIT_TIMEOUT_MS } from './workload.ts';

export function dailiesEnvironment(redisUrl: string, { folder, outFolder, upstreamUrl }: Place): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    DAILIES_DIR: folder,
    OUT_DIR: outFolder,
    KLING_API_KEY: 'bench',
    KLING_BASE_URL: upstreamUrl,
    KLING_ENDPOINT_PATH: 'bench',
    KLING_MAX_IN_FLIGHT: '100000',
    KLING_FIRST_POLL_MS: String(FIRST_POLL_MS),
    KLING_POLL_MIN_MS: String(POLL_MS),
    KLING_POLL_MAX_MS: String(POLL_MS),
    POLL_LEARNED: 'off',
    WORKER_CONCURRENCY: String(CONCURRENCY),
    UPSTREAM_TIMEOUT_MS: String(SUBMIT_TIMEOUT_MS),
    SETTLE_AFTER_MS: '4000',
    SETTLE_SILENT_MS: '8000',
    ALLOW_PRIVATE_ADDRESSES: 'on',
    WORKER_PORT: '0',
  };
}
