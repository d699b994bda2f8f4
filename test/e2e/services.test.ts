/** The parts as separate processes: one enqueues, one works, one watches, one asks. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { holdRestored, writeAudit } from '@dailies/queue';
import { openHouse } from './house.ts';
import { jsonLines, saidJson } from './said.ts';

const PROMPT = 'a shuttle flies from space into an old volcano';

test('what one process enqueues another works off, a third watches to the end, and status and results tell', async () => {
  const house = await openHouse();
  await house.write(
    'prompts.jsonl',
    PROVIDER_NAMES.map((provider) => JSON.stringify({ provider, prompt: `${PROMPT}, "by" ${provider}`, id: `one-${provider}` })).join('\n'),
  );
  const enqueued = await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'parts');
  expect(enqueued.code, enqueued.stderr).toBe(0);
  expect(enqueued.stdout.trimEnd().split('\n')).toEqual(PROVIDER_NAMES.map((provider) => `one-${provider}`));
  expect(enqueued.stderr).toContain('No worker is running');
  expect(house.simulator.requests()).toEqual([]);

  const watching = house.start(['watch', 'parts', '--json']);
  await watching.says('No worker is running');
  await house.worker();
  const watched = await watching.ended;
  expect(watched.code, watched.stderr).toBe(0);
  const { generations, summary } = saidJson(watched.stdout);
  expect(generations.map(({ id }) => id).toSorted()).toEqual(PROVIDER_NAMES.map((provider) => `one-${provider}`).toSorted());
  expect(summary).toMatchObject({ batch: 'parts', total: 5, counts: { succeeded: 5 }, exitCode: 0 });

  const [overview, batch, one, jsonl, csv, table] = await Promise.all([
    house.dailies('status', '--json'),
    house.dailies('status', 'parts', '--json'),
    house.dailies('status', 'one-luma'),
    house.dailies('results', 'parts', '--format', 'jsonl'),
    house.dailies('results', 'parts', '--format', 'csv'),
    house.dailies('results', 'parts', '--format', 'table'),
  ]);
  expect(JSON.parse(overview.stdout)).toMatchObject({ type: 'status', batches: [{ batch: 'parts', counts: { succeeded: 5 } }] });
  expect(JSON.parse(batch.stdout)).toMatchObject({ batch: 'parts', total: 5, counts: { succeeded: 5, queued: 0 } });
  expect(one.stdout).toMatch(/state +succeeded[^]*history\n.*queued\n.*submitting\n.*rendering\n.*downloading\n.*succeeded\n/);
  expect(jsonLines(jsonl.stdout)).toHaveLength(5);
  expect(jsonLines(jsonl.stdout)[0]).toMatchObject({ id: 'one-allegro', state: 'succeeded', attempts: 1, videos: [{ file: 'one-allegro.mp4' }] });
  const rows = csv.stdout.trimEnd().split(/\r?\n/);
  expect(rows).toHaveLength(6);
  expect(rows[0]).toMatch(/^id,/);
  expect(rows[1]).toContain(`"${PROMPT}, ""by"" allegro"`);
  for (const provider of PROVIDER_NAMES) expect(table.stdout).toMatch(new RegExp(`one-${provider} +succeeded +${provider} +one-${provider}\\.mp4`));
  expect([overview, batch, one, jsonl, csv, table].map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  // A service writes it as results arrive, and on a busy machine some seconds behind them.
  await expect.poll(async () => (await house.read('out/parts/manifest.jsonl')).trimEnd().split('\n'), { timeout: 40_000, interval: 200 }).toHaveLength(5);
});

test('what is canceled while it is queued costs nothing, and the batch then ends with 1', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\npaper boats\n');
  await house.dailies('enqueue', 'prompts.txt', '--provider', 'pika', '--batch', 'given-up');
  const [first] = await house.generations('given-up');

  const one = await house.dailies('cancel', first?.id ?? '');
  expect(one).toMatchObject({ code: 0, stdout: `${first?.id}: canceled; nothing was paid\n` });
  const rest = await house.dailies('cancel', 'given-up');
  expect(rest).toMatchObject({ code: 0, stdout: '2  canceled; nothing was paid\n' });

  const watched = await house.dailies('watch', 'given-up', '--json');
  expect(watched.code, watched.stderr).toBe(1);
  expect(saidJson(watched.stdout).summary).toMatchObject({ counts: { canceled: 3 } });
  const run = await house.dailies('run', 'prompts.txt', '--provider', 'pika', '--batch', 'given-up');
  expect(run.code, run.stderr).toBe(1);
  expect(house.simulator.requests()).toEqual([]);
});

test('under a pause a run ends with 3, its reason and the command that helps, and after resume it finishes', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\n');
  const words = ['run', 'prompts.txt', '--provider', 'hailuo', '--batch', 'waits'];
  expect((await house.dailies('pause', 'hailuo', '--reason', 'the budget is spent')).code).toBe(0);

  const held = await house.dailies(...words);
  expect(held.code, held.stderr).toBe(3);
  expect(held.stdout).toContain('2 of hailuo wait under a pause: the budget is spent. What helps: dailies resume hailuo\n');
  expect((await house.dailies('status')).stdout).toContain('the budget is spent');
  expect(house.simulator.requests()).toEqual([]);

  expect((await house.dailies('resume', 'hailuo')).stdout).toContain('hailuo goes on');
  const run = await house.dailies(...words);
  expect(run.code, run.stderr).toBe(0);
  expect(house.simulator.ledger()).toHaveLength(2);
});

test('what somebody typed at the login of the dashboard moves no cursor where the audit log is read', async () => {
  const house = await openHouse();
  await writeAudit(house.ledger.store, {
    who: 'root\u001b[2J\u001b[1;1H',
    role: '',
    what: 'login',
    target: '',
    outcome: 'refused: wrong user or password',
    address: '203.0.113.9',
  });
  const { code, stdout } = await house.dailies('audit');
  expect(code).toBe(0);
  expect(stdout).toMatch(/root \[2J \[1;1H .*refused: wrong user or password {2}203\.0\.113\.9\n$/);
  expect(stdout).not.toContain('\u001b');
});

test('a resume of what a rolled back Redis holds says that it goes on with the doctor, and not that it goes on', async () => {
  const house = await openHouse();
  await holdRestored(house.ledger.store);
  await house.dailies('pause', 'kling');
  const { code, stdout } = await house.dailies('resume', 'kling');
  expect([code, stdout]).toEqual([
    0,
    'kling still submits nothing: this Redis was rolled back. It goes on with: dailies doctor --after-restore\nEnded: a person\'s pause\n',
  ]);
});

test('an account that the upstream turns away is paused: run, status and doctor say why, the others finish, and resume finishes the rest', async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'kling:1304', provider: 'kling', times: 1 }] });
  await house.write('prompts.jsonl', '{"prompt":"a red fox","provider":"kling"}\n{"prompt":"an old lighthouse","provider":"luma"}\n');
  const words = ['run', 'prompts.jsonl', '--batch', 'away'];

  const run = await house.dailies(...words);
  expect(run.code, run.stderr).toBe(3);
  expect((await house.generations('away')).map(({ state }) => state).toSorted()).toEqual(['queued', 'succeeded']);
  const reason = 'IP whitelisting policy';
  expect(run.stdout).toContain(reason);
  expect((await house.dailies('status')).stdout).toContain(reason);
  expect((await house.dailies('doctor')).stdout).toContain(reason);

  expect((await house.dailies('resume', 'kling')).code).toBe(0);
  const last = await house.dailies(...words);
  expect(last.code, last.stderr).toBe(0);
  expect(house.simulator.ledger()).toHaveLength(2);
});
