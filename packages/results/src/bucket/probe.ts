/**
 * Whether a bucket can do what Dailies needs. Tries it with one object of its own, which it removes again. For `dailies doctor`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { StoreError } from '../store-error.ts';
import type { BucketClient, BucketSettings, ObjectName, PutBody } from './bucket-client.ts';
import { openSdkClient } from './sdk-client.ts';

export interface ProbeFinding {
  level: 'ok' | 'warn' | 'error';
  what: string;
  remedy?: string;
}

export async function probe(settings: BucketSettings): Promise<ProbeFinding[]> {
  const client = openSdkClient(settings);
  const at: ObjectName = { bucket: settings.bucket, key: [settings.prefix, `.dailies-doctor-${randomUUID()}`].filter(Boolean).join('/') };
  const where = `The bucket ${settings.bucket}`;
  const findings: ProbeFinding[] = [];
  try {
    const isStored = (await client.put(at, body('first'), 'absent')) === 'stored';
    if (!isStored) throw new StoreError('refused', `${where} says that an object stands where there is none.`);
    const found = await client.get(at);
    const text = found === null ? null : Buffer.concat(await found.body.toArray()).toString();
    if (text !== 'first') throw new StoreError('refused', `${where} did not give back what was just put there: it is not consistent enough to keep results.`);
    findings.push({ level: 'ok', what: `${where} can be reached, written and read.` });
    findings.push(conditional(where, 'puts', (await client.put(at, body('second'), 'absent')) === 'taken'));
    findings.push(conditional(where, 'the end of uploads in pieces (files above 32 MiB)', await piecesAreConditional(client, at)));
    await client.unfinished(at.bucket, at.key);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    findings.push({ level: 'error', what: error.message, remedy: 'Downloads wait until it can be used; nothing is lost meanwhile.' });
  } finally {
    await client.remove(at).catch(() => undefined);
    client.close();
  }
  return findings;
}

async function piecesAreConditional(client: BucketClient, at: ObjectName): Promise<boolean> {
  const upload = await client.begin(at, body('third'));
  try {
    const piece = await client.sendPiece(at, upload, 1, Buffer.from('third'));
    return piece !== 'gone' && (await client.finish(at, upload, [piece.etag], 'absent')) === 'taken';
  } finally {
    await client.abandon(at, upload).catch(() => undefined);
  }
}

function conditional(where: string, what: string, isHonoured: boolean): ProbeFinding {
  if (isHonoured) return { level: 'ok', what: `${where} honours If-None-Match for ${what}: two workers end with one object.` };
  return {
    level: 'warn',
    what: `${where} ignores If-None-Match for ${what}: of two workers that finish the same file at once the last one wins.`,
    remedy: 'Every object is whole all the same. Should the two have fetched different bytes, `dailies retry ID` says so and fetches it again, free.',
  };
}

function body(text: string): PutBody {
  const bytes = Buffer.from(text);
  return { open: () => bytes, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), contentType: 'text/plain', tags: {} };
}
