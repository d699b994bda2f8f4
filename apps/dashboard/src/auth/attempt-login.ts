/** One attempt to sign in, by the form or by basic auth. Both share one limit of attempts for each address. */
import type { AttemptLimit } from './attempt-limit.ts';
import type { User, Users } from './users.ts';

export interface Login {
  name: string;
  password: string;
  address: string;
}

/** `wait`: seconds until the address may try again, because it has tried too often or too many passwords are being checked. */
export type Attempt = { outcome: 'right'; user: User } | { outcome: 'wrong' } | { outcome: 'wait'; seconds: number };

export async function attemptLogin(users: Users, limit: AttemptLimit, { name, password, address }: Login): Promise<Attempt> {
  const waitMs = limit.waitMs(address);
  const user = waitMs > 0 ? 'busy' : await users.verify(name, password);
  if (user === 'busy') return { outcome: 'wait', seconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  if (user === null) {
    limit.failed(address);
    return { outcome: 'wrong' };
  }
  limit.succeeded(address);
  return { outcome: 'right', user };
}
