import { expect, onTestFinished, test, vi } from 'vitest';
import type { Source, SourceRow, WantedFile } from './source.ts';
import { slowSource } from './slow-source.ts';

test('of files that do not begin to arrive it is said once, after five seconds, and of those that do, nothing', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  const afterMs = (ms: number) => new Promise<null>((resolve) => void setTimeout(() => resolve(null), ms));
  const source = slowSource({ open: (_row: SourceRow, { bytes }: WantedFile) => afterMs(bytes) } as unknown as Source, (line) => said.push(line));
  const opened = async (file: string, ms: number) => {
    const opening = source.open({} as SourceRow, { file, sha256: '', bytes: ms }, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(ms);
    expect(await opening).toBeNull();
  };
  await opened('quick.mp4', 4_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toEqual([]);
  await Promise.all([opened('fox.mp4', 60_000), opened('cat.mp4', 60_000)]);
  expect(said).toEqual([expect.stringMatching(/^fox\.mp4 has not begun to arrive for 5 s: /)]);
});
