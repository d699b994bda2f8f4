import { createHash } from 'node:crypto';
import os from 'node:os';
import { expect, test } from 'vitest';
import { dailies } from '../../../../test/support/command-line.ts';

test('a key for machines is one object: the key, and the entry for API_KEYS that knows it', async () => {
  const { code, stdout, stderr } = await dailies({}, os.tmpdir(), ['keys', 'create', 'newsroom', '--scope', 'write', '--scope', 'read', '--json']);
  const { key, ...rest } = JSON.parse(stdout) as { key: string };
  const line = `newsroom:read+write:${createHash('sha256').update(key).digest('hex')}`;
  expect({ code, stderr, ...rest }).toEqual({ code: 0, stderr: '', name: 'newsroom', scopes: ['read', 'write'], line });
});
