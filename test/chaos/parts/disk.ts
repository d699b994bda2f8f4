/** A disk that is full, under the output folder: a tiny file system in memory, which only root may mount. It gets room later. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PROVIDER_NAMES } from '@dailies/providers';
import { DOWNLOAD_QUEUE, countsOf } from '@dailies/queue';
import { type PartResult, type Surroundings, conclude } from '../part.ts';
import { openStage } from '../stage.ts';

const TINY = '160k';
const ROOMY = '64m';

export async function disk(surroundings: Surroundings, options: { generations: number }): Promise<PartResult> {
  const result: PartResult = { name: 'disk', did: 'The output folder is on a tiny file system that fills up while videos are stored. Once every video is rendered, and those that do not fit wait for room, it is enlarged.', figures: {}, findings: [], skipped: [] };
  const outFolder = path.join(surroundings.folder, 'tiny-disk');
  mkdirSync(outFolder, { recursive: true });
  if (!mount(['-t', 'tmpfs', '-o', `size=${TINY}`, 'tmpfs', outFolder])) {
    result.skipped.push('a full disk (only root may mount the tiny file system that it needs)');
    return result;
  }
  const unmount = (): void => void execFileSync('umount', ['--lazy', outFolder], { stdio: 'ignore' });
  // Also where the suite is interrupted: it would be there until the machine is started anew.
  process.once('exit', unmount);
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: 'disk', environment: { OUT_DIR: outFolder, DISK_RESERVE_BYTES: '0' } });
  try {
    await Promise.all([stage.worker().ready, stage.worker().ready]);
    for (let group = 0; group < options.generations / PROVIDER_NAMES.length; group += 1) await stage.accept('disk', PROVIDER_NAMES);
    await everythingButDownloads(stage);
    const before = await inState(stage, 'succeeded');
    mount(['-o', `remount,size=${ROOMY}`, outFolder]);
    result.findings = await conclude(stage, {}, 180_000);
    result.figures = { generations: stage.accepted.length, 'stored before the disk was full': before, 'stored in the end': await inState(stage, 'succeeded') };
    surroundings.tell(`disk: ${result.findings.length === 0 ? 'holds' : result.findings.join('; ')}`);
    return result;
  } finally {
    await stage.close(result.findings.length > 0);
    process.off('exit', unmount);
    unmount();
  }
}

function mount(words: string[]): boolean {
  try {
    execFileSync('mount', words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Every video is paid and made, and those that do not fit wait for room. */
async function everythingButDownloads(stage: Awaited<ReturnType<typeof openStage>>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const through = (await inState(stage, 'succeeded')) + (await inState(stage, 'downloading'));
    const downloads = stage.queues.all().filter(({ name }) => name === DOWNLOAD_QUEUE);
    const delayed = (await Promise.all(downloads.map((queue) => queue.getDelayedCount()))).reduce((sum, count) => sum + count, 0);
    if (through === stage.accepted.length && delayed > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function inState(stage: Awaited<ReturnType<typeof openStage>>, state: 'succeeded' | 'downloading'): Promise<number> {
  const counts = await Promise.all(PROVIDER_NAMES.map((name) => countsOf(stage.store, name)));
  return counts.reduce((sum, one) => sum + one[state], 0);
}
