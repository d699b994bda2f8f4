import { expect, test } from 'vitest';
import { isRedisAway } from './away.ts';

const IN_SCRIPT = 'ERR Error running script (call to f_9282fe9c): @user_script:1: @user_script: 1: ';

test.each([
  ['a full memory', "OOM command not allowed when used memory > 'maxmemory'. script: 9282fe9c, on @user_script:1.", true],
  ['a full memory, as Redis 6.2 says it of a script', `${IN_SCRIPT}-OOM command not allowed when used memory > 'maxmemory'.`, true],
  ['a master that became a replica, as Redis 6.2 says it of a script', `${IN_SCRIPT}-READONLY You can't write against a read only replica.`, true],
  ['a fault of a script', `${IN_SCRIPT}attempt to index a nil value`, false],
  ['a fault that quotes one of the words', `${IN_SCRIPT}the prompt was -OOM`, false],
])('%s: whether one may ask again later', (_, message, isAway) => {
  expect(isRedisAway(new Error(message))).toBe(isAway);
});

test.each([
  ['is lost', 'Connection is closed.', [], true],
  ['refused a command of it', 'EXECABORT Transaction discarded because of previous errors.', [new Error('BUSY Redis is busy running a script.')], true],
  ['was ended by something else', 'some other fault', [], false],
])('a transaction whose connection %s: whether one may ask again later', (_, message, reasons, isAway) => {
  const error = new Error(message);
  // ioredis ends all commands of a connection by one and the same error, and then says of the transaction that it is the reason of itself.
  expect(isRedisAway(Object.assign(error, { previousErrors: [error, ...reasons] }))).toBe(isAway);
});
