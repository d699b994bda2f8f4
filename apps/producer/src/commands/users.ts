/** `dailies users create NAME --role ROLE`: makes a password, prints it once, and prints the line that lets its owner into the dashboard. Stores nothing. */
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { hashPassword, type Role, USER_NAME } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';

const SHORTEST = 12;

export interface UserOptions extends Pick<CommandOptions, 'json'> {
  role: Role;
  /** The password comes on stdin instead of being made up. */
  stdin?: boolean | undefined;
}

export async function createUser({ terminal }: Context, name: string, { role, stdin, json }: UserOptions): Promise<number> {
  if (!USER_NAME.test(name)) throw new Complaint(`${JSON.stringify(name)} is no name: letters, digits, dots, dashes, at most 64.`);
  const given = stdin === true ? (await text(terminal.input)).replace(/\r?\n$/, '') : null;
  if (given !== null && given.length < SHORTEST) throw new Complaint(`That password is too short: at least ${SHORTEST} characters.`);
  const password = given ?? randomBytes(18).toString('base64url');
  const line = `${name}:${role}:${await hashPassword(password)}`;
  if (json === true) {
    terminal.data(`${JSON.stringify({ name, role, ...(given === null ? { password } : {}), line })}\n`);
    return 0;
  }
  if (given === null) terminal.say(`Password of ${name}, shown this once: ${password}`);
  terminal.say('Add this line to DASHBOARD_USERS (a comma between users) and start the dashboard again:');
  terminal.data(`${line}\n`);
  return 0;
}
