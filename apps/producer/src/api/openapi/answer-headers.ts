/** The headers of answers as the document describes them, each in one place. What is for browsers alone (http/security-headers.ts) is no part of it. */
import { z } from 'zod';

const DESCRIBED = {
  'X-Request-Id': 'The id of the request, in the log too: yours, where you sent a harmless word under this name, else a new one.',
  'Dailies-Simulated': '`true`, and there only where the upstreams are simulated: videos are samples, and nothing is paid.',
  RateLimit: 'What is left to your key: `r` requests in `t` seconds.',
  'RateLimit-Policy': 'What your key has: `q` requests in `w` seconds.',
  'Cache-Control': 'Who may keep the answer.',
  'Retry-After': 'Seconds after which to come again.',
  'WWW-Authenticate': 'What is wrong with the key, or the scope that is missing.',
  Accept: 'The type that is read here.',
  Location: 'Where it is.',
  'Idempotent-Replayed': '`true`, and there only where this is the kept answer of an earlier request with the same Idempotency-Key.',
  ETag: 'The SHA-256 of the file.',
  'Last-Modified': 'When the file was stored.',
  'Accept-Ranges': '`bytes`: `Range` is heard.',
  'Content-Range': 'Which part it is, and of how many bytes.',
  'Content-Disposition': 'The name of the file.',
  'X-Accel-Buffering': '`no`: a proxy must hand each event on at once.',
} as const;

type AnswerHeader = keyof typeof DESCRIBED;

/** The headers that every answer has. */
const EVERYWHERE: readonly AnswerHeader[] = ['X-Request-Id', 'Dailies-Simulated', 'RateLimit', 'RateLimit-Policy'];

const schemas = Object.fromEntries(
  Object.entries(DESCRIBED).map(([name, description]) => [
    name,
    z
      .string()
      .optional()
      .meta({ description, header: { id: name } }),
  ]),
);

export function answerHeaders(...more: AnswerHeader[]): z.ZodObject {
  return z.object(Object.fromEntries([...EVERYWHERE, ...more].map((name) => [name, schemas[name] ?? z.string()])));
}
