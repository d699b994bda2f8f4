import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const LOG = fileURLToPath(new URL('log.ts', import.meta.url));

test('an error of a Redis command is logged without what was to be written, and that of a full Redis with its remedy', () => {
  const program = `
    import { createLog } from ${JSON.stringify(LOG)};
    const error = Object.assign(new Error('Connection is closed.'), { code: 'ECONNRESET', command: { name: 'evalsha', args: ['https://cdn.test/v.mp4?signature=marked'] } });
    const log = createLog({ level: 'info', name: 'test' });
    log.error({ err: error }, 'away');
    log.warn({ err: new Error("OOM command not allowed when used memory > 'maxmemory'.") }, 'presence');
  `;
  const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { encoding: 'utf8' });
  const [away, full] = stderr.trim().split('\n').map((line) => JSON.parse(line) as unknown);
  expect(away).toMatchObject({ msg: 'away', err: { message: 'Connection is closed.', code: 'ECONNRESET' } });
  expect(full).toMatchObject({ msg: 'presence', err: { type: 'Error', message: expect.stringMatching(/^Redis is full .* CONFIG SET maxmemory to more/) } });
  expect(stderr).not.toContain('OOM');
  expect(stderr).not.toContain('marked');
});
