/**
 * The files of what succeeded earlier: each is there, whole, and in the folder asked for, or it is fetched again. Never pays, and never
 * writes over a file under its final name but with one that was verified.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { note, readGenerations, retryGeneration, type Desk, type Generation } from '@dailies/queue';
import { composeVerifyFile } from '../compose.ts';

export type Verify = Awaited<ReturnType<typeof composeVerifyFile>>;

export interface FileCheck {
  whole: number;
  copied: number;
  fetching: number;
}

const PAGE = 200;

/** `folder`: where the files are to be. */
export async function bringFiles(desk: Desk, ids: readonly string[], folder: string, stopping: AbortSignal): Promise<FileCheck> {
  const verify = await composeVerifyFile();
  const check: FileCheck = { whole: 0, copied: 0, fetching: 0 };
  for (let at = 0; at < ids.length; at += PAGE) {
    for (const generation of await readGenerations(desk.store, ids.slice(at, at + PAGE))) {
      if (stopping.aborted) return check;
      if (generation?.state !== 'succeeded') continue;
      const found = await bring(verify, generation, folder);
      if (found !== 'fetching') await rememberFolder(desk, generation, folder);
      else if (!(await retryGeneration(desk, generation.id, { mayPay: false, byId: true, verify: async () => false })).done) continue;
      check[found] += 1;
    }
  }
  return check;
}

/** Whether every file of a generation is whole where the ledger says it is. */
export async function filesAreWhole(verify: Verify, { folder, files }: Generation): Promise<boolean> {
  if (folder === undefined || files === undefined || files.length === 0) return false;
  for (const stored of files) if ((await verify(path.join(folder, stored.file), stored)) !== 'ok') return false;
  return true;
}

async function bring(verify: Verify, generation: Generation, folder: string): Promise<keyof FileCheck> {
  const { folder: recorded, files = [] } = generation;
  let found: keyof FileCheck = files.length === 0 ? 'fetching' : 'whole';
  for (const stored of files) {
    const wanted = path.join(folder, stored.file);
    if ((await verify(wanted, stored)) === 'ok') continue;
    if (recorded === undefined || recorded === folder) return 'fetching';
    const there = path.join(recorded, stored.file);
    if ((await verify(there, stored)) !== 'ok' || !(await copyWhole(verify, there, wanted, stored))) return 'fetching';
    found = 'copied';
  }
  return found;
}

async function copyWhole(verify: Verify, from: string, to: string, stored: { sha256: string; bytes: number }): Promise<boolean> {
  const part = `${to}.${randomUUID()}.part`;
  try {
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(from, part);
    if ((await verify(part, stored)) !== 'ok') return false;
    await rename(part, to);
    return true;
  } finally {
    await rm(part, { force: true });
  }
}

async function rememberFolder(desk: Desk, generation: Generation, folder: string): Promise<void> {
  if (generation.folder !== folder) await note(desk.store, generation, { folder });
}
