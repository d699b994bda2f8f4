/**
 * Results in an S3-compatible bucket. An object appears at once and whole, or not at all; `If-None-Match: *` decides who is first.
 * Its SHA-256 is kept as metadata, so that a batch of thousands is verified without reading it. Parts are staged on the local disk,
 * since a file is published only after it was looked into.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { finished, PassThrough, type Readable } from 'node:stream';
import { freeBytesNear } from '../folder/free-bytes.ts';
import { removePartsNow, removeStaleParts } from '../folder/parts.ts';
import { sha256Of, sha256OfPieces } from '../checksum.ts';
import { bucketAndPrefix } from '../places.ts';
import type { Part, ResultFacts, ResultStore, Standing } from '../result-store.ts';
import { StoreError, diskFault } from '../store-error.ts';
import type { BucketClient, BucketSettings, Condition, ObjectHead, ObjectName } from './bucket-client.ts';
import { bucketFault } from './bucket-fault.ts';
import { uploadInPieces } from './upload.ts';

/** Files up to this size go in one request, which is cheaper and stricter. Larger ones go in pieces, each of which can be sent again. */
const IN_ONE_REQUEST = 32 * 1024 ** 2;
const SHA256 = 'sha256';
/** Keys of our files and pages. Unfinished uploads of other keys may be another program's, and must not be ended. */
const OURS = /^([a-z0-9][a-z0-9._-]*|_single\/\d{4}-\d\d)\/([A-Za-z0-9][A-Za-z0-9._-]*\.(mp4|jpe?g|png|webp|gif)|manifest\.(jsonl|csv)|index\.html)$/;
/** How often a put is tried again when the bucket says "taken" but holds nothing under that name. */
const MOST_ROUNDS = 4;

export interface BucketStoreOptions {
  settings: BucketSettings;
  /** The local folder for parts. */
  staging: string;
  client: () => Promise<BucketClient>;
}

export function openBucketStore({ settings, staging, client }: BucketStoreOptions): ResultStore {
  let asked = false;
  /** The last put failed. Before anything else is downloaded, the bucket must take a small object. */
  let isTroubled = false;
  const service = (): Promise<BucketClient> => {
    asked = true;
    return client();
  };

  async function standing(place: string, name: string): Promise<Standing | null> {
    const at = objectName(place, name);
    const head = await (await service()).head(at);
    if (head === null) return null;
    const { bytes, contentType, tags } = head;
    return { sha256: tags[SHA256] ?? (await sha256OfObject(at)), bytes, contentType, tags };
  }

  /** Reads the object: it has no checksum in its metadata because another program put it there. */
  async function sha256OfObject(at: ObjectName): Promise<string> {
    const found = await (await service()).get(at);
    if (found === null) return '';
    return sha256OfPieces(found.body).catch((error: unknown) => {
      throw bucketFault(error, settings.bucket, settings.endpoint);
    });
  }

  async function send(at: ObjectName, part: Part, condition: Condition, signal: AbortSignal | undefined): Promise<'stored' | 'taken' | 'gone'> {
    const bucket = await service();
    const tags = { ...part.tags, [SHA256]: part.sha256 };
    try {
      if (part.bytes > IN_ONE_REQUEST) return await uploadInPieces(bucket, at, { part, tags, condition, signal });
      return await bucket.put(at, { ...part, tags, open: () => createReadStream(part.path, { highWaterMark: 1 << 18 }) }, condition, signal);
    } catch (error) {
      // Another delivery was first and has removed our part.
      if (error instanceof StoreError && error.cause === 'disk' && error.code === 'ENOENT') return 'gone';
      if (error instanceof StoreError && error.cause !== 'aborted' && error.cause !== 'disk') isTroubled = true;
      throw error;
    }
  }

  async function removeLeftovers(place: string, name: string): Promise<void> {
    const at = objectName(place, name);
    await onStaging(removePartsNow(staging, name));
    const bucket = await service();
    for (const { key, upload } of await bucket.unfinished(at.bucket, at.key)) if (key === at.key) await bucket.abandon(at, upload);
  }

  async function onStaging(operation: Promise<unknown>): Promise<void> {
    await operation.catch((error: unknown) => {
      throw diskFault(error, staging);
    });
  }

  async function tryOut(place: string): Promise<void> {
    const at = objectName(place, `.dailies-writable-${randomUUID()}`);
    const bytes = Buffer.from('Dailies looks whether it may write here. Safe to remove.');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const bucket = await service();
    await bucket.put(at, { open: () => bytes, bytes: bytes.length, sha256, contentType: 'text/plain', tags: {} }, 'always');
    await bucket.remove(at);
  }

  return {
    kind: 'bucket',
    staging: () => staging,
    async prepare(place) {
      await onStaging(mkdir(staging, { recursive: true }));
      if (isTroubled) await tryOut(place);
      isTroubled = false;
    },
    standing,
    async put(place, name, part, { isWanted, unwanted = () => 'replace', signal } = {}) {
      const at = objectName(place, name);
      let outcome: Awaited<ReturnType<typeof send>> | undefined;
      for (let round = 0; round <= MOST_ROUNDS; round += 1) {
        // Looked at before the first put, and even when ours was stored: a service may ignore the condition, and replace what stands by what comes.
        const found = await standing(place, name);
        if (found !== null && (isThe(part, found) || (isWanted === undefined ? outcome === 'stored' : await isWanted(found)))) {
          if (part.bytes > IN_ONE_REQUEST) await removeLeftovers(place, name);
          else await onStaging(removePartsNow(staging, name));
          return found;
        }
        if (found !== null && unwanted(found) === 'leave') return { ...found, isAnothers: true };
        if (round < MOST_ROUNDS) outcome = await send(at, part, found === null ? 'absent' : 'always', signal);
      }
      throw new StoreError('unavailable', `${place}/${name} is being written by several at once, or its part is gone.`);
    },
    async replace(place, name, { path, contentType }) {
      const at = objectName(place, name);
      const sha256 = await sha256Of(path);
      const { size: bytes } = await stat(path);
      const outcome = await send(at, { path, sha256, bytes, contentType }, 'always', undefined);
      if (outcome !== 'stored') throw new StoreError('unavailable', `${place}/${name} is being written by somebody else.`);
    },
    async stat(place, name) {
      const head = await (await service()).head(objectName(place, name));
      return head === null ? null : factsOf(head);
    },
    async verify(place, name, stored) {
      const at = objectName(place, name);
      const head = await (await service()).head(at);
      if (head === null) return 'missing';
      if (head.bytes !== stored.bytes) return 'damaged';
      return (head.tags[SHA256] ?? (await sha256OfObject(at))) === stored.sha256 ? 'ok' : 'damaged';
    },
    async read(place, name, range) {
      const found = await (await service()).get(objectName(place, name), range === undefined ? undefined : `bytes=${range.start}-${range.end}`);
      if (found === null) return null;
      return { ...factsOf(found), body: translated(found.body, (error) => bucketFault(error, settings.bucket, settings.endpoint)) };
    },
    link: async (place, name, seconds) => (await service()).link(objectName(place, name), seconds),
    remove: async (place, name, late) => (await service()).remove(objectName(place, name), late),
    removeLeftovers,
    async dropUnfinished(before) {
      await onStaging(removeStaleParts(staging, before));
      const bucket = await service();
      const prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
      const unfinished = await bucket.unfinished(settings.bucket, prefix);
      const stale = unfinished.filter(({ key, startedAt }) => startedAt < before && OURS.test(key.slice(prefix.length)));
      for (const { key, upload } of stale) await bucket.abandon({ bucket: settings.bucket, key }, upload);
      return stale.length;
    },
    freeBytes: () => freeBytesNear(staging),
    close() {
      if (asked) void client().then((opened) => opened.close());
    },
  };
}

/** A body that breaks off is as much a failure of the store as an answer that does not come. */
function translated(body: Readable, fault: (error: unknown) => StoreError): Readable {
  const told = new PassThrough();
  finished(body, { writable: false }, (error) => {
    if (error) told.destroy(fault(error));
  });
  // Whoever has read enough ends the exchange, too.
  told.once('close', () => body.destroy());
  return body.pipe(told);
}

/** Compares the length too: an object's checksum is only what was said when it was stored. */
function isThe(part: Part, found: Standing): boolean {
  return found.sha256 === part.sha256 && found.bytes === part.bytes;
}

function objectName(place: string, name: string): ObjectName {
  const { bucket, prefix } = bucketAndPrefix(place);
  return { bucket, key: prefix === '' ? name : `${prefix}/${name}` };
}

function factsOf({ bytes, etag, modifiedAt, contentType, tags }: ObjectHead): ResultFacts {
  return { bytes, etag, modifiedAt, contentType, sha256: tags[SHA256] };
}
