/**
 * Who may use the dashboard. DASHBOARD_USER's plain password is compared by keyed hashes in constant time, the others by scrypt, a few at a time,
 * since each check takes 32 MB. No password is kept: a script's basic auth is remembered for a while by a keyed hash.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { BoundedMap, type DashboardUser, decoyHash, passwordMatches, ROLES, type Role } from '@dailies/queue';

export interface User {
  name: string;
  role: Role;
  /** Changes with the password, which ends the sessions of the old one. */
  mark: string;
}

export interface Users {
  /** `busy`: too many passwords are being checked already. */
  verify(name: string, password: string): Promise<User | null | 'busy'>;
  /** The user as configured now. */
  find(name: string, mark: string): User | null;
}

const MOST_AT_ONCE = 4;
const REMEMBERED = 100;
const REMEMBER_MS = 5 * 60_000;

/** `secret`: what the sessions are signed with (sessions.ts). */
export function createUsers(admin: { name: string; password: string; secret: string }, others: readonly DashboardUser[]): Users {
  const key = randomBytes(32);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const markOf = (hash: string): string => createHash('sha256').update(hash).digest('base64url').slice(0, 16);
  // The mark is part of every session, and so in Redis. The secret was made by scrypt, so guessing a password by the mark is as hard as by a hash of
  // DASHBOARD_USERS.
  const adminUser: User = { name: admin.name, role: 'admin', mark: markOf(`mark of ${admin.secret}`) };
  const users = new Map<string, User & { hash: string }>(others.map(({ name, role, hash }) => [name, { name, role, hash, mark: markOf(hash) }]));
  const remembered = new BoundedMap<string, number>(REMEMBERED);
  const decoy = decoyHash();
  let checking = 0;

  return {
    async verify(name, password) {
      if (name === admin.name && timingSafeEqual(digest(password), digest(admin.password))) return adminUser;
      const found = users.get(name);
      const memory = digest(`${name}:${found?.hash ?? ''}:${password}`).toString('base64url');
      if (found !== undefined && (remembered.get(memory) ?? 0) > Date.now()) return found;
      if (checking >= MOST_AT_ONCE) return 'busy';
      checking += 1;
      try {
        // An unknown name takes as long as a known one, DASHBOARD_USER among them.
        const isRight = await passwordMatches(password, found?.hash ?? decoy);
        if (!isRight || found === undefined) return null;
      } finally {
        checking -= 1;
      }
      remembered.set(memory, Date.now() + REMEMBER_MS);
      return found;
    },
    find(name, mark) {
      const found = name === admin.name ? adminUser : users.get(name);
      return found?.mark === mark ? found : null;
    },
  };
}

export function mayAct(user: User, needed: Role): boolean {
  return ROLES.indexOf(user.role) >= ROLES.indexOf(needed);
}
