/** Services that share OUT_DIR: what a simulated worker wrote never stands for a video that was paid for, and it leaves real results alone. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SIMULATED_KEY, publicGeneration } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';

test('a real worker does not take the sample of a simulated one for its video, nor does that one write over its folder', async () => {
  const simulated = await openRig({}, { ALLEGRO_API_KEY: SIMULATED_KEY, KLING_API_KEY: SIMULATED_KEY, ACEDATA_API_KEY: SIMULATED_KEY });
  const out = path.join(simulated.folder, 'out');
  const real = await openRig({}, { OUT_DIR: out });
  const asks = [{ provider: 'kling' as const, ask: PROMPTS.kling }];

  const [id = ''] = await simulated.enqueue('boats', asks);
  const first = await simulated.worker();
  await simulated.reached([id], ['succeeded']);
  await first.stop(5_000);

  await real.enqueue('boats', asks);
  const worker = await real.worker();
  await real.reached([id], ['succeeded']);
  await worker.writeFolder('boats');
  const { task, videos: [video] } = publicGeneration(await real.generation(id));
  expect(await readFile(path.join(out, 'boats', video?.file ?? ''), 'latin1')).toContain(task?.id);
  expect((await readdir(out)).toSorted()).toEqual(['boats', 'boats-simulated']);

  const again = await simulated.worker();
  await again.writeFolder('boats');
  const manifest = await readFile(path.join(out, 'boats', 'manifest.jsonl'), 'utf8');
  expect(manifest).toContain(video?.sha256);
  expect(await readdir(path.join(out, 'boats'))).not.toContain('.simulated');
});
