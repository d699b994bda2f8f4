/**
 * One delivery of one event: one signed POST to a checked address. It follows no redirect, sends no credentials, and reads little of the
 * answer, since only its status is asked for. What went wrong is a value, in words that hold neither the query of the address nor a secret.
 */
import type { Agent } from 'undici';
import { Webhook } from 'standardwebhooks';
import { retryAfter } from '@dailies/providers';
import type { Secret, WebhookEvent } from '@dailies/queue';
import { codeOf, eitherSignal } from '@dailies/results';
import { checkedUrl } from '../download/asset-agent.ts';
import { AssetError } from '../download/asset-error.ts';
import { discard } from '../download/open-link.ts';
import type { DeliveryRules } from './delivery-rules.ts';

export interface Attempt {
  /** `gone`: the receiver wants no more of this (410). `refused`: we do not call such an address. `stopped`: by us; not counted. */
  outcome: 'delivered' | 'failed' | 'gone' | 'refused' | 'stopped';
  status?: number;
  ms: number;
  /** For people. */
  why: string;
  /** Milliseconds that the receiver asks us to wait. */
  askedMs?: number;
}

export interface PostRules extends Pick<DeliveryRules, 'deadlineMs' | 'mostBytes'> {
  agent: Agent;
  secret: Secret;
  allowPrivateAddresses: boolean;
  stopping: AbortSignal;
}

export async function postEvent(event: Pick<WebhookEvent, 'id' | 'url' | 'body'>, rules: PostRules): Promise<Attempt> {
  const began = performance.now();
  const ended = (attempt: Omit<Attempt, 'ms'>): Attempt => ({ ...attempt, ms: Math.round(performance.now() - began) });
  const deadline = AbortSignal.timeout(rules.deadlineMs);
  const either = eitherSignal(deadline, rules.stopping);
  try {
    const url = checkedUrl(event.url, rules.allowPrivateAddresses, undefined, 'called');
    const response = await rules.agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers: headersOf(event, rules.secret),
      body: event.body,
      signal: either.signal,
    });
    const { statusCode: status, headers, body } = response;
    // The status is all that is needed; reading the body lets the connection be used again.
    await readLittle(body, rules.mostBytes).catch(() => undefined);
    if (status >= 200 && status < 300) return ended({ outcome: 'delivered', status, why: `HTTP ${status}` });
    if (status === 410) return ended({ outcome: 'gone', status, why: 'HTTP 410: the receiver wants no more of it' });
    const askedMs = retryAfter(headers);
    const redirect = status >= 300 && status < 400 ? ': redirects are not followed' : '';
    return ended({ outcome: 'failed', status, why: `HTTP ${status}${redirect}`, ...(askedMs === undefined ? {} : { askedMs }) });
  } catch (error) {
    if (rules.stopping.aborted) return ended({ outcome: 'stopped', why: 'the worker stops' });
    if (error instanceof AssetError) return ended({ outcome: error.cause === 'refused' ? 'refused' : 'failed', why: error.message });
    if (deadline.aborted) return ended({ outcome: 'failed', why: `no answer within ${rules.deadlineMs} ms` });
    // The error's own text is left out: it may quote the address.
    return ended({ outcome: 'failed', why: `no answer (${codeOf(error) ?? (error instanceof Error ? error.name : 'unknown error')})` });
  } finally {
    either.letGo();
  }
}

/** Signed with every secret that is configured: a receiver needs only one of them, so a secret can be changed without a gap. */
function headersOf({ id, body }: Pick<WebhookEvent, 'id' | 'body'>, secret: Secret): Record<string, string> {
  const sentAt = new Date();
  const secrets = secret.reveal().split(',').map((one) => one.trim());
  return {
    'content-type': 'application/json',
    'user-agent': 'dailies',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': secrets.map((one) => new Webhook(one).sign(id, sentAt, body)).join(' '),
  };
}

async function readLittle(body: Parameters<typeof discard>[0], most: number): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > most) break;
    }
  } finally {
    discard(body);
  }
}
