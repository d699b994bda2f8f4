import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const LOG = fileURLToPath(new URL('log.ts', import.meta.url));

test('an error of a Redis command is logged without what was to be written', () => {
  const program = `
    import { createLog } from ${JSON.stringify(LOG)};
    const error = Object.assign(new Error('Connection is closed.'), { code: 'ECONNRESET', command: { name: 'evalsha', args: ['https://cdn.test/v.mp4?signature=marked'] } });
    createLog({ level: 'info', name: 'test' }).error({ err: error }, 'away');
  `;
  const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(JSON.parse(stderr)).toMatchObject({ msg: 'away', err: { message: 'Connection is closed.', code: 'ECONNRESET' } });
  expect(stderr).not.toContain('marked');
});
