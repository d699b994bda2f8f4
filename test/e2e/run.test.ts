/** `dailies run` of a text file, for each provider: what it costs, what it asks, whom it talks to, what it leaves behind. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { openHouse } from './house.ts';
import { jsonLines, saidJson } from './said.ts';

const FIRST_POLL_MS = 1_500;
const PROMPTS = [
  'a red fox runs through fresh snow at dawn',
  'an old lighthouse keeps turning above a quiet sea',
  'paper boats float down a river of black ink',
];

for (const provider of PROVIDER_NAMES) {
  test(`a run of ${provider} turns every prompt into its own video, pays for each once, and never asks before the first wait`, async () => {
    const house = await openHouse({}, { [`${provider.toUpperCase()}_FIRST_POLL_MS`]: String(FIRST_POLL_MS) });
    await house.write('prompts.txt', `# three of them\n${PROMPTS.join('\n\n')}\n`);
    const record = path.join(house.folder, 'connections');
    const running = house.start(['run', 'prompts.txt', '--provider', provider, '--out', 'videos', '--json'], {
      settings: { CONNECTION_RECORD: record },
      preload: inject('programs')['test/e2e/connection-record.ts'],
    });

    const { code, stdout, stderr } = await running.ended;

    expect(code, stderr).toBe(0);
    const { generations, summary } = saidJson(stdout);
    expect(generations.map(({ prompt }) => prompt ?? '').toSorted()).toEqual(PROMPTS.toSorted());
    expect(generations.every((one) => one.state === 'succeeded' && one.provider === provider)).toBe(true);
    expect(summary).toMatchObject({ type: 'summary', total: 3, counts: { succeeded: 3 }, exitCode: 0 });

    const paid = house.simulator.ledger();
    expect(paid.map(({ prompt }) => prompt).toSorted()).toEqual(PROMPTS.toSorted());
    for (const { task, videos, prompt } of generations) {
      expect(paid.find((row) => row.taskId === task?.id)?.prompt).toBe(prompt);
      // The simulator writes the id of its task into each file.
      expect(await readFile(path.join(house.folder, 'videos', videos[0]?.file ?? ''), 'latin1')).toContain(task?.id);
    }
    const left = await readdir(path.join(house.folder, 'videos'));
    expect(left).toEqual(expect.arrayContaining(['index.html', 'manifest.jsonl', ...generations.map(({ id }) => `${id}.mp4`)]));
    expect(left.filter((name) => /\.(part|tmp)$/.test(name))).toEqual([]);
    expect(jsonLines(await house.read('videos/manifest.jsonl'))).toHaveLength(3);

    const asked = await requestsOf(house.simulator.url);
    expect(asked.leakedKeys).toBe(0);
    // Several that are due at one moment are asked about together, at Kling by its list.
    // The simulated AceData calls the inert callback itself, as the real one would.
    const kinds = ['create', 'poll', 'asset', ...(provider === 'kling' ? ['list'] : [])];
    const others = asked.requests.filter(({ kind, path: where }) => !kinds.includes(kind) && where !== '/health');
    expect(others).toEqual([]);
    expect(asked.requests.filter(({ kind }) => kind === 'create')).toHaveLength(3);
    for (const { taskId } of paid) expect(Math.min(...(asked.polls[taskId] ?? []))).toBeGreaterThanOrEqual(FIRST_POLL_MS);

    const placeOf = (port: number): string => `127.0.0.1:${port}`;
    const redis = new Set(inject('redisPorts').map(placeOf));
    const connections = new Set((await house.read('connections')).trimEnd().split('\n'));
    expect([...connections].filter((place) => !redis.has(place)).toSorted(), 'whom it connected to, beside Redis').toEqual(
      [house.simulator.port, house.simulator.assetsPort].map(placeOf).toSorted(),
    );
    expect([...connections].some((place) => redis.has(place))).toBe(true);
  });
}

interface Asked {
  leakedKeys: number;
  /** Milliseconds since the acceptance, per task. */
  polls: Record<string, number[]>;
  requests: { kind: string; path: string }[];
}

async function requestsOf(url: string): Promise<Asked> {
  return (await (await fetch(`${url}/_simulator/requests`)).json()) as Asked;
}
