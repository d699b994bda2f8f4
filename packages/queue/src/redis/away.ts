/** Errors that say "Redis is not there now", as opposed to Redis' own refusals and to faults of ours. Whoever asked may ask again later. */
export function isRedisAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isRedisAway);
  if (!(error instanceof Error)) return false;
  return LOST.test(error.message) || NOT_NOW.test(error.message) || reasonsOf(error).some(isRedisAway);
}

/** Its memory has reached maxmemory: it refuses what writes, and still answers what reads. */
export function isRedisFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (NOT_NOW.test(error.message) && error.message.includes('OOM command not allowed')) || reasonsOf(error).some(isRedisFull);
}

/** The error of a transaction may say only that it was given up. It is among its own reasons where one fault ended all commands. */
function reasonsOf(error: Error): unknown[] {
  return 'previousErrors' in error && Array.isArray(error.previousErrors) ? error.previousErrors.filter((one) => one !== error) : [];
}

const LOST = /connection is closed|stream isn't writeable|command timed out|max retries per request|ECONNREFUSED|ECONNRESET|EPIPE|socket timeout/i;
/** Redis 6.2 wraps what refuses a write of a script: "ERR Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM …". */
const NOT_NOW = /^(?:ERR Error running script \(call to \w+\): (?:@user_script: ?\d+: )*-)?(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|ASK|MOVED|BUSY|OOM|MISCONF|NOREPLICAS)\b/;
