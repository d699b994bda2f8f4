import { expect, it } from 'vitest';
import { readDashboardUsers } from './dashboard-user.ts';
import { hashPassword, passwordMatches } from './password-hash.ts';

it('a password matches its own hash only, each hash has a salt of its own, and none has a sign that a shell or a list would eat', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^[\w.-]+$/);
  expect(await passwordMatches('correct horse', one)).toBe(true);
  expect(await passwordMatches('correct horsE', one)).toBe(false);
  expect(await passwordMatches('correct horse', 'scrypt.1.8.1.short')).toBe(false);
});

it('every fault of DASHBOARD_USERS is told, without a hash in it', async () => {
  const hash = await hashPassword('a password');
  const faults: string[] = [];
  const users = readDashboardUsers(`anna:operator:${hash}, bob:boss:${hash},admin:viewer:${hash},:viewer:${hash},carl:viewer:plain,anna:viewer:${hash}`, 'admin', (text) => faults.push(text));
  expect(users).toEqual([{ name: 'anna', role: 'operator', hash }]);
  expect(faults).toHaveLength(5);
  expect(faults.join('\n')).not.toContain(hash.slice(-20));
});
