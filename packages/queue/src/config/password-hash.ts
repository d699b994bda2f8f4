/**
 * Passwords as they are kept: salted scrypt, about 60 ms and 32 MB a try. The text has neither `$` nor `:` nor `,`, which shells, .env files
 * and our own list would read as something else: `scrypt.<log2 N>.<r>.<p>.<salt>.<hash>`, the last two in base64url.
 */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

const SHAPE = /^scrypt\.(\d{1,2})\.(\d{1,2})\.(\d{1,2})\.([\w-]{16,})\.([\w-]{43,})$/;
const STANDARD = { log2n: 15, r: 8, p: 1 };

export function isPasswordHash(text: string): boolean {
  const [, log2n, r, p] = SHAPE.exec(text) ?? [];
  return log2n !== undefined && Number(log2n) >= 14 && Number(log2n) <= 20 && Number(r) >= 1 && Number(p) >= 1;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const { log2n, r, p } = STANDARD;
  return textOf(salt, await derive(password, salt, { N: 2 ** log2n, r, p }));
}

/** No password matches it, and comparing one with it takes as long as with any other. */
export function decoyHash(): string {
  return textOf(randomBytes(16), randomBytes(32));
}

export async function passwordMatches(password: string, text: string): Promise<boolean> {
  const [, log2n, r, p, salt = '', hash = ''] = SHAPE.exec(text) ?? [];
  if (!isPasswordHash(text)) return false;
  const expected = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), { N: 2 ** Number(log2n), r: Number(r), p: Number(p) });
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function textOf(salt: Buffer, hash: Buffer): string {
  const { log2n, r, p } = STANDARD;
  return `scrypt.${log2n}.${r}.${p}.${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => scrypt(password, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error))));
}
