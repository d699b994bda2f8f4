/** A user of the dashboard, as a line of DASHBOARD_USERS says it: `name:role:hash`. */
import { isPasswordHash } from './password-hash.ts';

/** Each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface DashboardUser {
  name: string;
  role: Role;
  /** See password-hash.ts. */
  hash: string;
}

export const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** Tells `fault` what is wrong; never prints a hash. */
export function readDashboardUsers(text: string, admin: string, fault: (text: string) => void): DashboardUser[] {
  const taken = new Set([admin]);
  return text.split(',').flatMap((part, at) => {
    const line = part.trim();
    if (line === '') return [];
    const [name = '', role = '', hash = '', ...more] = line.split(':');
    const found = ROLES.find((one) => one === role);
    const wrong = (what: string): [] => {
      fault(`DASHBOARD_USERS: number ${at + 1} ${what}. \`dailies users create NAME --role ROLE\` prints a right one.`);
      return [];
    };
    if (!USER_NAME.test(name)) return wrong('has no name of letters, digits, dots, dashes');
    if (found === undefined) return wrong(`(${name}) has no role: ${ROLES.join(', ')}`);
    if (more.length > 0 || !isPasswordHash(hash)) return wrong(`(${name}) has no hash as it is printed`);
    if (taken.has(name)) return wrong(`has the name ${name}, which another user has`);
    taken.add(name);
    return [{ name, role: found, hash }];
  });
}
