/**
 * Logging by pino: JSON, or readable on a terminal. Always to stderr, since stdout is for data.
 * Redaction is a second fence only: nothing may put a key, a signed link or an Authorization header into a log call in the first place.
 */
import { type Logger, destination, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';
import { isRedisFull } from '../redis/away.ts';
import { REDIS_FULL } from '../redis/durability.ts';

export type Log = Logger;

export function createLog(options: { level: string; name: string; pretty?: boolean }): Log {
  const readable = { destination: 2, ignore: 'pid,hostname,name', translateTime: 'HH:MM:ss', sync: true };
  const stream = options.pretty === true ? pretty(readable) : destination({ dest: 2, sync: true });
  return pino({ level: options.level, name: options.name, redact: { paths: SECRET_PATHS, censor: '[secret]' }, serializers: { err: shownError } }, stream);
}

/** An error of ioredis carries its whole command: prompts, signed links, everything that was to be written. */
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // Everything that a worker does every second meets it: the remedy tells more than a stack inside ioredis.
  if (isRedisFull(error)) return { type: error.name, message: `${REDIS_FULL.what} ${REDIS_FULL.remedy}` };
  const { type, message, stack, code } = stdSerializers.err(error) as { type: string; message: string; stack: string; code?: unknown };
  return { type, message, stack, ...(code === undefined ? {} : { code }) };
}

const SECRET_FIELDS = ['apiKey', 'authorization', 'Authorization', 'password', 'url', 'assets', 'REDIS_URL'];
const SECRET_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
