import { expect, test } from 'vitest';
import { isRedisAway, isRedisFull } from './away.ts';

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

const GIVEN_UP = 'EXECABORT Transaction discarded because of previous errors.';

test.each([
  ['of a lost connection', 'Connection is closed.', [], true, false],
  ['of which a command was refused', GIVEN_UP, [new Error('BUSY Redis is busy running a script.')], true, false],
  ['of which a full Redis refused a command', GIVEN_UP, [new Error("OOM command not allowed when used memory > 'maxmemory'.")], true, true],
  ['that was ended by something else', 'some other fault', [], false, false],
])('a transaction %s: whether one may ask again later, and whether Redis is full', (_, message, reasons, isAway, isFull) => {
  const error = new Error(message);
  // ioredis ends all commands of a connection by one and the same error, and then says of the transaction that it is the reason of itself.
  Object.assign(error, { previousErrors: [error, ...reasons] });
  expect([isRedisAway(error), isRedisFull(error)]).toEqual([isAway, isFull]);
});
