/**
 * Whether a callback was signed with our secret, by the Standard Webhooks scheme: not forged, not changed, not older than five minutes. While
 * the secret is being changed it is two with a comma between, and a signature by one of them is enough.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '@dailies/queue';
import { Webhook } from 'standardwebhooks';

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

export function isSignedBy(secret: Secret, body: Buffer, headers: IncomingHttpHeaders): boolean {
  const signed: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value !== 'string') return false;
    signed[name] = value;
  }
  return secret.reveal().split(',').some((one) => verifies(one.trim(), body, signed));
}

function verifies(secret: string, body: Buffer, signed: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, signed, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
