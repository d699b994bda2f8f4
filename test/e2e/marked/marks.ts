/**
 * Secrets that can be told from everything else, and the search for them. A mark is a text, or a pattern where somebody else makes the secret.
 * Names say whose secret it is: they are what a failing test shows, never the value.
 */
import { createHash } from 'node:crypto';

export type Marks = Map<string, string | RegExp>;

const word = (name: string): string => `MARKED-${name}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
const signing = (name: string): string => Buffer.from(word(name).padEnd(32, '.')).toString('base64');

/** Every secret that a person gives: in the environment, in a header, in a query, in a body that is refused. */
export const SECRETS = {
  allegroKey: word('allegro'),
  klingKey: word('kling'),
  aceDataKey: word('acedata'),
  redisPassword: word('redis'),
  wrongRedisPassword: word('wrong-redis'),
  apiKey: word('api'),
  readerKey: word('reader'),
  wrongApiKey: word('wrong-api'),
  dashboardPassword: word('dashboard'),
  wrongDashboardPassword: word('wrong-dashboard'),
  webhookSecret: signing('webhook'),
  klingCallbackSecret: signing('kling-callback'),
  s3AccessKeyId: word('s3-id'),
  s3Secret: word('s3'),
  webhookQuery: word('webhook-query'),
  imageQuery: word('image-query'),
  redirectQuery: word('redirect-query'),
  echoedQuery: word('echoed-query'),
  idempotencyKey: word('idempotency'),
  refusedBody: word('refused-body'),
  refusedQuery: word('refused-query'),
  forgedToken: createHash('sha256').update('forged').digest('hex').slice(0, 32),
} as const;

/** With what is made of them: logins as they stand in a header, and the signature of the simulator's links. */
export function markedSecrets(): Marks {
  const marks: Marks = new Map(Object.entries(SECRETS));
  for (const name of ['dashboardPassword', 'wrongDashboardPassword'] as const) {
    marks.set(`${name} in a header`, Buffer.from(`admin:${SECRETS[name]}`).toString('base64'));
  }
  marks.set('signature of a link', /Signature=[0-9a-f]{4}/);
  marks.set('expiry of a link', /Expires=\d{4}/);
  return marks;
}

/** Names of the marks that are in it. */
export function marksIn(text: string, marks: Marks): string[] {
  return [...marks].flatMap(([name, mark]) => ((typeof mark === 'string' ? text.includes(mark) : mark.test(text)) ? [name] : []));
}
