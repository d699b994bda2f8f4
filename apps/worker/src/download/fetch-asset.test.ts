import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openFolderStore, type ResultStore } from '@dailies/results';
import { AssetError } from './asset-error.ts';
import { fetchAsset, type DownloadRules, type DownloadTarget } from './fetch-asset.ts';
import { serve, startAssetHost, type AssetHost, type Serving } from './testing/asset-host.ts';
import { tinyMp4 } from './testing/tiny-mp4.ts';

const RULES: DownloadRules = { allowPrivateAddresses: true, expect: 'video', stallMs: 5_000, attempts: 3, pauseMs: 1 };
const VIDEO = tinyMp4({ mediaBytes: 200_000 });
const OLDER = tinyMp4({ mediaBytes: 210_000, durationSeconds: 9 });
const VIDEO_SUM = createHash('sha256').update(VIDEO).digest('hex');

let host: AssetHost;
let folder: string;

beforeEach(async () => {
  host = await startAssetHost();
  folder = await mkdtemp(join(tmpdir(), 'dailies-download-'));
});

afterEach(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

function target(token = 't1', more: Partial<DownloadTarget> = {}): DownloadTarget {
  return { folder, name: 'g1.mp4', nextName: async () => 'g1.0.mp4', token, ...more };
}

/** As the ledger notes it. */
const NOTED = [{ file: 'g1.mp4', sha256: VIDEO_SUM, bytes: VIDEO.length }];

function fetched(rules: Partial<DownloadRules> = {}, path = '/video.mp4?signature=secret', token = 't1') {
  return fetchAsset({ url: `${host.origin}${path}` }, target(token), { ...RULES, ...rules });
}

/** The error that a download ends with. It never shows the signature, and leaves nothing behind. */
async function fault(download: Promise<unknown>): Promise<AssetError> {
  const error = await download.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AssetError)) throw new Error('expected an AssetError', { cause: error });
  expect(JSON.stringify([error.message, error.stack, Object.values(error)])).not.toContain('secret');
  return error;
}

const left = () => readdir(folder);

/** Where a resumed request begins. On a busy machine an exchange may fall silent more than once, and at any byte. */
const RESUMED = /^bytes=[1-9]\d*-$/;

/** The host serves the video as it is told to, and cuts its first `times` answers after 70,000 bytes. */
function cuts(times: number, serving: Serving = {}): void {
  host.answer = (request, response, nth) => serve(request, response, VIDEO, nth <= times ? { ...serving, cutAfter: 70_000 } : serving);
}

describe('a download', () => {
  it('becomes a whole file with its checksum, length, duration and size', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    expect(await fetched()).toEqual({
      file: join(folder, 'g1.mp4'),
      name: 'g1.mp4',
      sha256: VIDEO_SUM,
      bytes: VIDEO.length,
      contentType: 'video/mp4',
      durationSeconds: 5,
      width: 1280,
      height: 720,
    });
    expect((await readFile(join(folder, 'g1.mp4'))).equals(VIDEO)).toBe(true);
    expect(await left()).toEqual(['g1.mp4']);
  });

  it('writes its part under a name that every file system takes', async () => {
    let parts: string[] = [];
    host.answer = async (request, response) => {
      parts = await left();
      serve(request, response, VIDEO);
    };
    await fetched({}, '/video.mp4', '0b2f:17.1');
    expect(parts).toEqual(['g1.mp4.0b2f-17.1.part']);
  });

  it('sends no credentials', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    await fetched();
    expect(Object.keys(host.requests[0]?.headers ?? {}).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  it('accepts an image where one is expected, and no video in its place', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100)]);
    host.answer = (request, response) => serve(request, response, request.url === '/cover.png' ? png : VIDEO);
    expect(await fetched({ expect: 'image' }, '/cover.png')).toMatchObject({ contentType: 'image/png', bytes: 108 });
    expect((await fault(fetchAsset({ url: `${host.origin}/v` }, target('t2', { name: 'g2.png' }), { ...RULES, expect: 'image' }))).cause).toBe('not-a-video');
  });
});

describe('a cut', () => {
  it('is resumed by range where the host allows it', async () => {
    cuts(2);
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=70000-', '"v1"'],
      ['bytes=140000-', '"v1"'],
    ]);
  });

  it('is resumed after an answer that the host is busy, and nothing that has come is asked for again', async () => {
    host.answer = (request, response, nth) => {
      if (nth === 2) return response.writeHead(503).end();
      return serve(request, response, VIDEO, nth === 1 ? { cutAfter: 70_000 } : {});
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=70000-', 'bytes=70000-']);
  });

  it('is resumed where the host gives less of the rest than was asked for', async () => {
    host.answer = (request, response, nth) => {
      if (nth !== 2) return serve(request, response, VIDEO, nth === 1 ? { cutAfter: 70_000 } : {});
      return response.writeHead(206, { etag: '"v1"', 'content-range': `bytes 70000-99999/${VIDEO.length}` }).end(VIDEO.subarray(70_000, 100_000));
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=70000-', 'bytes=100000-']);
  });

  it('is resumed without a validator when the total length stays the same', async () => {
    cuts(1, { etag: '' });
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests[1]?.headers.range).toBe('bytes=70000-');
  });

  it('names no weak validator: two files that have it alike may differ in their bytes', async () => {
    cuts(1, { etag: 'W/"v1"' });
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=70000-', undefined],
    ]);
  });

  it('starts the file again where the host ignores ranges', async () => {
    cuts(1, { ranges: false });
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
  });

  it('never joins the halves of two different objects', async () => {
    // So much of the first has been written to the disk that nothing of it must stay behind the second, which is shorter.
    const older = tinyMp4({ mediaBytes: 1_500_000, durationSeconds: 9 });
    host.answer = (request, response, nth) => {
      if (nth === 1) return serve(request, response, older, { etag: '"old"', cutAfter: 1_300_000 });
      delete request.headers['if-range'];
      return serve(request, response, VIDEO, { etag: '"new"' });
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(VIDEO.equals(await readFile(join(folder, 'g1.mp4')))).toBe(true);
    expect(host.requests).toHaveLength(3);
  });

  it('takes no part that begins elsewhere than was asked for, though it is as long as what is missing', async () => {
    host.answer = (request, response, nth) => {
      if (nth !== 2) return serve(request, response, VIDEO, nth === 1 ? { cutAfter: 70_000 } : {});
      const [, from = ''] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      const content = VIDEO.subarray(0, VIDEO.length - Number(from));
      return response.writeHead(206, { etag: '"v1"', 'content-range': `bytes 0-${content.length - 1}/${VIDEO.length}` }).end(content);
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests).toHaveLength(3);
  });

  it.each([
    ['neither a length nor a validator', {}, ''],
    ['no validator and another length', { 'content-length': OLDER.length }, ''],
    ['another validator and the same length', { 'content-length': VIDEO.length, etag: '"old"' }, '"new"'],
  ])('joins no parts of what has %s', async (_, headers, etag) => {
    host.answer = (request, response, nth) => {
      // Also a host that does not heed it must not be believed.
      delete request.headers['if-range'];
      if (nth > 1) return serve(request, response, VIDEO, { etag });
      return response.writeHead(200, headers).write(OLDER.subarray(0, 70_000), () => response.destroy());
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
    expect(host.requests).toHaveLength(3);
  });

  it('does not use up the tries while each one brings something new', async () => {
    const large = tinyMp4({ mediaBytes: 3_000_000 });
    host.answer = (request, response) => serve(request, response, large, { cutAfter: 300_000 });
    expect((await fetched({ attempts: 2 })).bytes).toBe(large.length);
    expect(host.requests).toHaveLength(11);
  });

  it('ends as interrupted when nothing new arrives', async () => {
    host.answer = (_request, response) => response.destroy();
    expect(await fault(fetched())).toMatchObject({ cause: 'interrupted', message: expect.stringContaining('/video.mp4') as unknown });
    expect(host.requests).toHaveLength(3);
    expect(await left()).toEqual([]);
  });

  it('is what silence counts as', async () => {
    host.answer = (request, response) => {
      if (request.headers.range !== undefined) return serve(request, response, VIDEO);
      response.writeHead(200, { 'content-length': VIDEO.length, etag: '"v1"' }).write(VIDEO.subarray(0, 50_000));
      return undefined;
    };
    expect((await fetched({ stallMs: 100, attempts: 10 })).sha256).toBe(VIDEO_SUM);
    expect(host.requests.at(-1)?.headers.range).toMatch(RESUMED);
  });

  it('is what a drip counts as, though no single silence is long', async () => {
    host.answer = (request, response) => {
      if (request.headers.range !== undefined) return serve(request, response, VIDEO);
      response.writeHead(200, { 'content-length': VIDEO.length, etag: '"v1"' }).write(VIDEO.subarray(0, 50_000));
      let sent = 50_000;
      const drip = setInterval(() => response.write(VIDEO.subarray(sent, (sent += 1))), 20);
      response.once('close', () => clearInterval(drip));
      return undefined;
    };
    expect((await fetched({ stallMs: 400, attempts: 10 })).sha256).toBe(VIDEO_SUM);
    expect(host.requests.at(-1)?.headers.range).toMatch(RESUMED);
  });

  it('is what a host that promises more than it has counts as', async () => {
    host.answer = (request, response) => {
      if (request.headers.range !== undefined) return response.writeHead(416).end();
      response.writeHead(200, { 'content-length': VIDEO.length + 500 }).write(VIDEO, () => response.destroy());
      return undefined;
    };
    expect((await fault(fetched())).cause).toBe('interrupted');
    expect(await left()).toEqual([]);
  });
});

describe('an answer that is no video', () => {
  const lies: Record<string, [body: Buffer | string, headers: Record<string, string>]> = {
    'a web page': ['<!doctype html><p>gone', { 'content-type': 'text/html' }],
    'a web page that says it is a video': ['\n<html>', { 'content-type': 'video/mp4' }],
    'an empty file': ['', {}],
    'an error in JSON': ['{"error":"gone"}', { 'content-type': 'application/json' }],
    'an MP4 that is cut off': [VIDEO.subarray(0, -10), {}],
    'an MP4 without its media': [VIDEO.subarray(0, VIDEO.length - 200_008), {}],
  };
  for (const [what, [body, headers]] of Object.entries(lies)) {
    it(`is refused: ${what}`, async () => {
      host.answer = (_request, response) => response.writeHead(200, headers).end(body);
      expect((await fault(fetched())).cause).toBe('not-a-video');
      expect(host.requests).toHaveLength(1);
      expect(await left()).toEqual([]);
    });
  }

  it('is told by its bytes: a video that its host calls a web page is a video', async () => {
    host.answer = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(VIDEO);
    expect(await fetched()).toMatchObject({ bytes: VIDEO.length, contentType: 'video/mp4' });
  });

  it('is refused when it is larger than allowed, stated or not', async () => {
    host.answer = (request, response) => (request.url === '/stated' ? serve(request, response, VIDEO) : response.end(VIDEO, () => undefined));
    expect((await fault(fetched({ maxBytes: 100_000 }, '/stated'))).cause).toBe('too-large');
    host.answer = (_request, response) => {
      response.write(VIDEO);
      response.end();
    };
    expect((await fault(fetched({ maxBytes: VIDEO.length - 1 }))).cause).toBe('too-large');
    expect(await left()).toEqual([]);
  });
});

describe('a status', () => {
  it('of 401, 403, 404 or 410 says that the link has expired, at once, and names what stands there and may be the video', async () => {
    for (const status of [401, 403, 404, 410]) {
      host.answer = (_request, response) => response.writeHead(status).end('<Error/>');
      const { cause, message } = await fault(fetched());
      expect([cause, message.includes('g1.mp4')]).toEqual(['expired', false]);
    }
    expect(host.requests).toHaveLength(4);
    await writeFile(join(folder, 'g1.mp4'), VIDEO);
    expect((await fault(fetched())).message).toContain(' A file g1.mp4 is where it belongs, of which the ledger has no note');
    await writeFile(join(folder, 'g1.0.mp4'), VIDEO);
    let number = -1;
    const names = { nextName: async () => `g1.${(number += 1)}.mp4` };
    expect((await fault(fetchAsset({ url: host.origin }, target('t1', names), RULES))).message).toContain(' The files g1.mp4, g1.0.mp4 are where it belongs');
    const recorded = NOTED.map((one) => ({ ...one, sha256: 'of what was damaged' }));
    expect((await fault(fetchAsset({ url: host.origin }, target('t1', { recorded }), RULES))).message).not.toContain('g1.mp4');
  });

  it('of 5xx is tried again', async () => {
    host.answer = (request, response, nth) => (nth === 1 ? response.writeHead(502).end() : serve(request, response, VIDEO));
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
  });

  it('of 429 hands the wait to the caller instead of holding a place', async () => {
    host.answer = (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end();
    expect(await fault(fetched())).toMatchObject({ cause: 'interrupted', retryAfterMs: 7_000 });
    expect(host.requests).toHaveLength(1);
  });
});

describe('a redirect', () => {
  it('is followed', async () => {
    host.answer = (request, response, nth) => {
      if (nth > 5) return serve(request, response, VIDEO);
      return response.writeHead(302, { location: `/hop${nth}?signature=secret` }).end();
    };
    expect((await fetched()).sha256).toBe(VIDEO_SUM);
  });

  it('in a loop is refused', async () => {
    host.answer = (_request, response) => response.writeHead(307, { location: '/again?signature=secret' }).end();
    expect((await fault(fetched())).cause).toBe('refused');
    expect(host.requests).toHaveLength(6);
  });

  it('to a forbidden place is refused, and nothing is asked there', async () => {
    for (const location of ['http://169.254.169.254/latest', 'http://[fe80::1]/x', 'file:///etc/passwd', 'http://user:secret@127.0.0.1/', 'http://']) {
      host.answer = (_request, response) => response.writeHead(302, { location }).end();
      expect((await fault(fetched())).cause).toBe('refused');
    }
    expect(host.requests).toHaveLength(5);
  });
});

describe('the folder', () => {
  it('holds one whole file and no part after two deliveries raced', async () => {
    const waiting: (() => void)[] = [];
    host.answer = (request, response) => {
      waiting.push(() => serve(request, response, VIDEO));
      if (waiting.length === 2) for (const go of waiting) go();
    };
    const both = await Promise.all([fetched({}, '/a', 't1'), fetched({}, '/b', 't2')]);
    expect(both.map(({ sha256 }) => sha256)).toEqual([VIDEO_SUM, VIDEO_SUM]);
    expect(await left()).toEqual(['g1.mp4']);
  });

  it('keeps the whole file that a killed delivery was about to put there, without a request', async () => {
    await writeFile(join(folder, 'g1.mp4'), VIDEO);
    await writeFile(join(folder, 'g1.mp4.killed.part'), VIDEO);
    expect(await fetchAsset({ url: host.origin }, target('t2', { storing: NOTED }), RULES)).toMatchObject({ name: 'g1.mp4', sha256: VIDEO_SUM });
    expect(host.requests).toHaveLength(0);
    expect(await left()).toEqual(['g1.mp4']);
  });

  const OTHERS = [['a whole video', OLDER], ['no video', Buffer.from('mine')]] as const;
  it.each(OTHERS)('leaves %s there of which the ledger has no note, and has the new one under the next name', async (_, own) => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    await writeFile(join(folder, 'g1.mp4'), own);
    await writeFile(join(folder, 'g1.mp4.killed.part'), VIDEO);
    const announced: string[] = [];
    const announce = async ({ file, sha256 }: { file: string; sha256: string }) => void announced.push(`${file} ${sha256}`);
    const fetch = (token: string) => fetchAsset({ url: host.origin }, target(token, { announce }), RULES);
    expect(await fetch('t1')).toMatchObject({ file: join(folder, 'g1.0.mp4'), name: 'g1.0.mp4', sha256: VIDEO_SUM });
    expect(announced).toEqual([`g1.mp4 ${VIDEO_SUM}`, `g1.0.mp4 ${VIDEO_SUM}`]);
    expect(host.requests).toHaveLength(1);
    expect(await fetch('t2'), 'the same bytes').toMatchObject({ name: 'g1.0.mp4', sha256: VIDEO_SUM });
    expect((await left()).toSorted()).toEqual(['g1.0.mp4', 'g1.mp4']);
    expect((await readFile(join(folder, 'g1.mp4'))).equals(own)).toBe(true);
  });

  it.each([
    ['says of itself what is recorded', { sha256: VIDEO_SUM }, false, 'replace'],
    ['says nothing of itself', {}, false, 'replace'],
    ['says that it is another video', { sha256: 'of another' }, false, 'leave'],
    ['is in another folder than the one that is recorded', { sha256: VIDEO_SUM }, true, 'leave'],
  ] as const)('an object of a bucket that is no whole video, and %s', async (_, tags, isElsewhere, fate) => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    const put = vi.fn<ResultStore['put']>(async (_place, _name, { sha256, bytes }) => ({ sha256, bytes, tags: {} }));
    const store: ResultStore = { ...openFolderStore(folder), standing: async () => null, put };
    await fetchAsset({ url: host.origin }, target('t1', { store, recorded: NOTED, isElsewhere }), RULES);
    const [, , , rules] = put.mock.calls[0] ?? [];
    const standing = { sha256: 'sha256' in tags ? tags.sha256 : 'of its bytes', bytes: 5, contentType: 'video/mp4', tags };
    expect(await rules?.isWanted?.(standing)).toBe(false);
    expect(rules?.unwanted?.(standing)).toBe(fate);
  });

  it('gets a new file for a damaged one, and keeps that one: it may be the video of another ledger', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    const flipped = Buffer.from(VIDEO);
    flipped[flipped.length - 1] = 0;
    for (const [isElsewhere, kept] of [[false, 'g1.mp4.kept'], [true, 'g1.mp4.kept-2']] as const) {
      await writeFile(join(folder, 'g1.mp4'), flipped);
      expect(await fetchAsset({ url: host.origin }, target('t3', { recorded: NOTED, isElsewhere }), RULES)).toMatchObject({ name: 'g1.mp4', kept });
      expect((await readFile(join(folder, 'g1.mp4'))).equals(VIDEO)).toBe(true);
      expect((await readFile(join(folder, kept))).equals(flipped)).toBe(true);
    }
  });

  it('loses the part that a killed process left', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    await writeFile(join(folder, 'g1.mp4.killed.part'), 'half');
    await writeFile(join(folder, 'g10.mp4.other.part'), 'another generation');
    await fetched();
    expect((await left()).toSorted()).toEqual(['g1.mp4', 'g10.mp4.other.part']);
  });

  it('loses the part of a process that was killed just now, where a repair has given its job to another', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    await fetched();
    // The list of parts that the last download has made is used for half a second.
    await rm(join(folder, 'g1.mp4'));
    await writeFile(join(folder, 'g1.mp4.killed.part'), 'half');
    await fetchAsset({ url: host.origin }, target('t2', { afterRepair: true }), RULES);
    expect(await left()).toEqual(['g1.mp4']);
  });

  it('that is gone is named as the cause', async () => {
    host.answer = (request, response) => {
      void rm(folder, { recursive: true }).then(() => serve(request, response, VIDEO));
    };
    expect(await fault(fetched())).toMatchObject({ cause: 'disk', code: 'ENOENT' });
    expect(await fault(fetched())).toMatchObject({ cause: 'disk', code: 'ENOENT' });
  });

  it.each([
    ['small', 200_000],
    ['large', 2_000_000],
  ])('has a %s file and its name on the disk for good before anybody is told of it', async (_size, mediaBytes) => {
    const handle = await open(folder, 'r');
    const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
    onTestFinished(() => sync.mockRestore());
    await handle.close();
    host.answer = (request, response) => serve(request, response, tinyMp4({ mediaBytes }));
    await fetched();
    expect(sync, 'once for the file, once for the folder').toHaveBeenCalledTimes(2);
  });

  it('is asked for room again and again while a file comes, each time for what is still to come', async () => {
    const MIB = 1024 ** 2;
    const large = tinyMp4({ mediaBytes: 40 * MIB });
    const asked: number[] = [];
    host.answer = (request, response) => serve(request, response, large);
    await fetched({ room: async (bytesToCome) => void asked.push(bytesToCome / MIB) });
    expect(asked.map((mebibytes) => Math.round(mebibytes / 8) * 8)).toEqual([40, 24, 8]);
  });

  it.skipIf(!existsSync('/dev/full'))('that is full is named as the cause', async () => {
    host.answer = (request, response) => serve(request, response, VIDEO);
    await symlink('/dev/full', join(folder, 'g1.mp4.t1.part'));
    expect(await fault(fetched())).toMatchObject({ cause: 'disk', code: 'ENOSPC', message: expect.stringMatching(/disk is full\. Make room\. The download goes on by itself/) as unknown });
    expect(await left()).toEqual([]);
  });
});

it('stops when it is told to, and leaves nothing behind', async () => {
  const stop = new AbortController();
  host.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': VIDEO.length }).write(VIDEO.subarray(0, 50_000), () => stop.abort());
  };
  expect((await fault(fetchAsset({ url: host.origin }, target(), RULES, stop.signal))).cause).toBe('aborted');
  expect((await fault(fetchAsset({ url: host.origin }, target(), RULES, stop.signal))).cause).toBe('aborted');
  expect(host.requests).toHaveLength(1);
  expect(await left()).toEqual([]);
});
