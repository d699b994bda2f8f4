/** What is wrong with the files of a run: each must be there, whole and the right one, with a row in the manifest and nothing half-written beside it. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Generation } from '@dailies/queue';
import { type Stage, promptOf } from './stage.ts';

export async function fileFindings(stage: Stage, generations: readonly Generation[]): Promise<string[]> {
  const { outFolder } = stage.config;
  const wrong: string[] = [];
  const paid = new Map<string, string[]>();
  for (const { prompt, taskId } of stage.simulator.ledger()) paid.set(prompt, [...(paid.get(prompt) ?? []), taskId]);
  for (const { id, state, files, batch, task, taskKey } of generations) {
    if (state !== 'succeeded') continue;
    const video = files?.find(({ kind }) => kind === 'video');
    if (video === undefined) {
      wrong.push(`${id} has succeeded, but has no video`);
      continue;
    }
    const own = paid.get(promptOf(stage.name, id))?.find((one) => JSON.stringify([task, taskKey]).includes(one));
    const bytes = await readFile(path.join(outFolder, batch ?? '', video.file)).catch(() => null);
    if (bytes === null) wrong.push(`${id}: its file ${video.file} is not there`);
    else if (createHash('sha256').update(bytes).digest('hex') !== video.sha256) wrong.push(`${id}: its file does not have the checksum in the ledger`);
    // The simulator writes the task's id into every video that it makes.
    else if (!bytes.includes(`simulated task ${own}`)) wrong.push(`${id}: its file is the video of another task`);
  }
  const present = await readdir(outFolder, { recursive: true }).catch(() => []);
  for (const name of present.filter((one) => one.endsWith('.part'))) wrong.push(`a partial download is left over: ${name}`);
  const rescues = await readdir(path.join(stage.config.stateFolder, 'rescue')).catch(() => []);
  for (const name of rescues) wrong.push(`a rescue file is left over: ${name}`);
  return [...wrong, ...(await manifestFindings(outFolder, generations))];
}

async function manifestFindings(outFolder: string, generations: readonly Generation[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const batch of new Set(generations.map((one) => one.batch ?? ''))) {
    const text = await readFile(path.join(outFolder, batch, 'manifest.jsonl'), 'utf8').catch(() => '');
    const rows = text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { id: string; state: string });
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    if (states.size !== rows.length) wrong.push(`the manifest of ${batch} has two rows for one generation`);
    const missing = generations.filter((one) => one.batch === batch && states.get(one.id) !== one.state);
    if (missing.length > 0) wrong.push(`the manifest of ${batch} lacks ${missing.length} rows, for example that of ${missing[0]?.id}`);
  }
  return wrong;
}
