/** The headers of answers as the document describes them, each in one place. What is for browsers alone (http/security-headers.ts) is no part of it. */
import { z } from 'zod';

const DESCRIBED = {
  'X-Request-Id': 'The id of the request, in the log too: yours, if you sent one (1 to 128 letters, digits, `.`, `_` and `-`); otherwise a new one.',
  'Dailies-Simulated': '`true` if the upstreams are simulated (videos are samples, and nothing is paid); otherwise the header is absent.',
  RateLimit: 'How many requests your key has left: `r` in the next `t` seconds.',
  'RateLimit-Policy': 'How many requests your key may make: `q` in `w` seconds.',
  'Cache-Control': 'Who may cache the answer.',
  'Retry-After': 'Seconds to wait before you send the request again.',
  'WWW-Authenticate': 'What is wrong with the key, or the scope that is missing.',
  Accept: 'The type that is read here.',
  Location: 'The address of what the answer is about.',
  'Idempotent-Replayed': '`true` if this is the kept answer of an earlier request with the same Idempotency-Key; otherwise the header is absent.',
  ETag: 'The SHA-256 of the file.',
  'Last-Modified': 'When the file was stored.',
  'Accept-Ranges': '`bytes`: the header `Range` is honoured.',
  'Content-Range': 'Which part it is, and of how many bytes.',
  'Content-Disposition': 'The name of the file.',
  'X-Accel-Buffering': '`no`: a proxy must pass each event on at once.',
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
