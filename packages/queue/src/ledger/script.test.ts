import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { script } from './script.ts';
import { runScript } from './store.ts';

test('in tests a script that touches a key it does not declare is refused, wherever that key is', async () => {
  const { store } = openTestLedger();
  const { all, live } = store.keys;
  const run = (lua: string): Promise<unknown> => runScript(store, script(lua), [all], [live]);

  await expect(run(`return redis.call('ZCARD', KEYS[1])`)).resolves.toBe(0);
  await expect(run(`return redis.call('ZCARD', ARGV[1])`)).rejects.toThrow(`ZCARD touches a key that the script does not declare: ${live}`);
  await expect(run(`return redis.call('DEL', KEYS[1], ARGV[1])`)).rejects.toThrow('DEL touches a key');
});
