import { hashPassword } from '@dailies/queue';
import { expect, test } from 'vitest';
import { createUsers } from './users.ts';

test('a wrong password takes a check by scrypt whatever the name, so that no name is told by the time; the right one of DASHBOARD_USER waits for none', async () => {
  const hash = await hashPassword('right');
  const users = createUsers({ name: 'admin', password: 'right', secret: 's' }, [{ name: 'anna', role: 'viewer', hash }]);
  for (const name of ['admin', 'anna', 'nobody']) {
    const checks = Array.from({ length: 4 }, () => users.verify(name, 'wrong'));
    expect(await users.verify(name, 'wrong'), name).toBe('busy');
    expect(await users.verify('admin', 'right')).toMatchObject({ role: 'admin' });
    expect(await Promise.all(checks)).toEqual([null, null, null, null]);
  }
});
