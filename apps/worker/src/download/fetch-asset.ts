/**
 * Downloads one asset: a remote link becomes a whole, checked, hashed file under its final name, or an `AssetError` says why not.
 * It must never leave anything under the final name that is not whole, nor a part file unless the process dies.
 * It decides nothing about the generation: its caller decides whether to ask for a fresh link, to wait or to give up.
 */
import { join } from 'node:path';
import type { Agent } from 'undici';
import { linkWithoutQuery } from '@dailies/queue';
import { fileIn, openFolderStore, type ResultStore } from '@dailies/results';
import { createAssetAgent } from './asset-agent.ts';
import { AssetError } from './asset-error.ts';
import { inspectMedia } from './media-file.ts';
import { PartFile } from './part-file.ts';
import { publish, removeLeftovers, standingFile, type Place, type StoredMedia } from './publish.ts';
import { receive } from './receive.ts';

export interface DownloadTarget {
  /** An existing folder, or a place in `store`. */
  folder: string;
  /** Default: local folders. */
  store?: ResultStore | undefined;
  /** The final name, such as `g….mp4`. The same for every delivery of one asset. */
  name: string;
  /** Another name for it: something that is not ours has the last one. */
  nextName: () => Promise<string>;
  /** Unique for this delivery: a part of the name of its part file. */
  token: string;
  /** A repair has given it a new job: another delivery may have been killed just now. Otherwise the lock of its job has to expire before this one comes. */
  afterRepair?: boolean | undefined;
  /** What the ledger says was stored before, by names; a file that differs from it is fetched again. */
  recorded?: readonly NamedFile[] | undefined;
  /** That was in another place: nothing is known of what has this name here, and in a bucket it is not replaced. */
  isElsewhere?: boolean | undefined;
  /** What the ledger says was about to be stored, by names. */
  storing?: readonly NamedFile[] | undefined;
  /** Writes into the ledger what is about to be stored. It is awaited before the file gets its name. */
  announce?: ((file: NamedFile) => Promise<void>) | undefined;
}

export interface NamedFile {
  file: string;
  sha256: string;
  bytes: number;
}

export interface DownloadRules {
  allowPrivateAddresses: boolean;
  expect: 'video' | 'image';
  /** Default: 2 GiB. */
  maxBytes?: number | undefined;
  /** Milliseconds without a byte after which a connection counts as cut. Default: 30 s. */
  stallMs?: number | undefined;
  /** Throws when there is no room for so many more bytes; asked before the first byte, and now and then. Default: there is. */
  room?: ((bytesToCome: number) => Promise<void>) | undefined;
  /** Made with the same rules, and closed by whoever made it. Default: one for this download alone. */
  agent?: Agent | undefined;
  /** Tries in a row that bring nothing new. Default: 4. */
  attempts?: number | undefined;
  /** Milliseconds before the second try; doubles from there. Default: 500. */
  pauseMs?: number | undefined;
}

export interface FetchedFile {
  /** The final path, or the name of the object. */
  file: string;
  name: string;
  sha256: string;
  bytes: number;
  /** What the bytes themselves prove, not what the host said. */
  contentType: string;
  durationSeconds?: number;
  width?: number;
  height?: number;
  /** Another file stood under its name, and has this name now. */
  kept?: string;
}

export async function fetchAsset(
  link: { url: string },
  target: DownloadTarget,
  rules: DownloadRules,
  signal: AbortSignal = new AbortController().signal,
): Promise<FetchedFile> {
  if (signal.aborted) throw new AssetError('aborted', `The download of ${linkWithoutQuery(link.url)} was stopped.`);
  const place = placeOf(target, target.name, rules);
  // A worker that crashed after the rename, or another one just now, has put the file there, and the ledger does not know yet.
  const standing = await standingFile(place);
  if (standing === undefined) return await download(link.url, { place, target, rules, signal });
  if (standing === 'unknown') return await download(link.url, { place, target, rules, signal }).catch(orNameWhatStands(place, target, rules));
  // That worker may have died before it had removed its part file.
  await removeLeftovers(place);
  return named(place, standing);
}

/**
 * Of a dead link. An older version noted nothing before it stored a file, and a restored ledger has lost its notes: what stands there, or under one of the
 * next names, may be the very video. Nobody but a person can tell.
 */
function orNameWhatStands(first: Place, target: DownloadTarget, rules: DownloadRules): (error: unknown) => Promise<never> {
  return async (error) => {
    if (!(error instanceof AssetError) || error.cause !== 'expired') throw error;
    const names = [first.name];
    const next = async (): Promise<Place> => placeOf(target, await target.nextName(), rules);
    for (let at = await next(); await isUnnoted(at); at = await next()) names.push(at.name);
    const what = names.length === 1 ? `A file ${first.name} is` : `The files ${names.join(', ')} are`;
    const which = names.length === 1 ? 'that is this video' : 'one of them is this video';
    throw new AssetError('expired', `${error.message} ${what} where it belongs, of which the ledger has no note: look whether ${which}.`);
  };
}

/** Whether something has that name of which the ledger has no note. */
async function isUnnoted({ store, folder, name, recorded }: Place): Promise<boolean> {
  return recorded === undefined && (await store.stat(folder, name).catch(() => null)) !== null;
}

function placeOf({ folder, store = openFolderStore(folder), recorded, isElsewhere, storing }: DownloadTarget, name: string, { expect }: DownloadRules): Place {
  const ofName = ({ file }: NamedFile): boolean => file === name;
  return { store, folder, name, expect, recorded: recorded?.find(ofName), isElsewhere, storing: storing?.find(ofName) };
}

function named({ folder, name }: Place, stored: StoredMedia): FetchedFile {
  return { file: fileIn(folder, name), name, ...stored };
}

interface Download {
  place: Place;
  target: DownloadTarget;
  rules: DownloadRules;
  signal: AbortSignal;
}

async function download(url: string, { place, target, rules, signal }: Download): Promise<FetchedFile> {
  const { allowPrivateAddresses, expect } = rules;
  const stallMs = rules.stallMs ?? 30_000;
  const agent = rules.agent ?? createAssetAgent({ allowPrivateAddresses, stallMs });
  try {
    // The token of a lock has a colon, which FAT, exFAT and many network disks take in no name.
    const part = await PartFile.create(join(place.store.staging(place.folder), `${place.name}.${target.token.replaceAll(/[^\w.-]/g, '-')}.part`));
    try {
      await receive(url, part, {
        agent,
        allowPrivateAddresses,
        expect,
        signal,
        room: rules.room ?? (() => Promise.resolve()),
        stallMs,
        maxBytes: rules.maxBytes ?? 2 * 1024 ** 3,
        attempts: rules.attempts ?? 4,
        pauseMs: rules.pauseMs ?? 500,
      });
      const sha256 = await part.finish();
      const facts = await inspectMedia(part.content, expect, linkWithoutQuery(url));
      return await publishUnder(part, { ...facts, sha256, bytes: part.length }, { place, target, rules, signal });
    } finally {
      await part.discard();
    }
  } finally {
    if (rules.agent === undefined) await agent.destroy();
  }
}

/** Under its name or, where something that is not ours has that, under the next one. */
async function publishUnder(part: PartFile, media: StoredMedia, { place, target, rules, signal }: Download): Promise<FetchedFile> {
  for (let at = place; ; at = placeOf(target, await target.nextName(), rules)) {
    await target.announce?.({ file: at.name, sha256: media.sha256, bytes: media.bytes });
    const stored = await publish(part, media, at, signal);
    if (stored === 'taken') continue;
    // The parts of killed deliveries have the first name. That of one that was killed just now is in no list of parts that was made before.
    if (at !== place || target.afterRepair === true) await removeLeftovers(place);
    return named(at, stored);
  }
}
