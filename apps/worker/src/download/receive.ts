/**
 * Brings the bytes behind a link into a part file, going on where a cut left off.
 * It resumes only what is provably the same object, and never counts a lost byte as an arrived one.
 * It tries a few times, and only for causes that trying again at once can mend; everything else its caller decides.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { retryAfter } from '@dailies/providers';
import { linkWithoutQuery } from '@dailies/queue';
import { codeOf } from '@dailies/results';
import { AssetError } from './asset-error.ts';
import { flowing } from './flowing.ts';
import { kindOf, TELLING_BYTES, type Expected } from './media-file.ts';
import { discard, header, openLink, type OpenedLink, type OpenRules } from './open-link.ts';
import type { PartFile } from './part-file.ts';
import { statusError } from './refusal.ts';

export interface ReceiveRules extends OpenRules {
  expect: Expected;
  maxBytes: number;
  /** Milliseconds of silence, or of a drip, after which an exchange counts as cut. */
  stallMs: number;
  /** Throws when so many more bytes have no room. */
  room: (bytesToCome: number) => Promise<void>;
  /** Tries in a row that brought nothing new. */
  attempts: number;
  /** Milliseconds before the second try; doubles from there. */
  pauseMs: number;
}

/** A try that brought this much is not counted: a host that cuts every ten megabytes still gets a long video across. */
const PROGRESS_BYTES = 256 * 1024;

/** So much arrives between two looks at the room on the disk. */
const ROOM_BYTES = 16 * 1024 ** 2;

export async function receive(link: string, part: PartFile, rules: ReceiveRules): Promise<void> {
  const transfer: Transfer = { link, part, rules, origin: undefined };
  let farthest = 0;
  for (let failures = 0; ; ) {
    try {
      return await exchange(transfer);
    } catch (error) {
      const fault = faultOf(error, transfer);
      if (fault.cause !== 'interrupted' || fault.retryAfterMs !== undefined) throw fault;
      failures = part.length >= farthest + PROGRESS_BYTES ? 0 : failures + 1;
      farthest = Math.max(farthest, part.length);
      if (failures >= rules.attempts) throw fault;
      const wait = failures === 0 ? 0 : rules.pauseMs * 2 ** (failures - 1) * (0.5 + Math.random());
      await pause(wait, undefined, { signal: rules.signal }).catch((cause: unknown) => Promise.reject(faultOf(cause, transfer)));
    }
  }
}

interface Transfer {
  link: string;
  part: PartFile;
  rules: ReceiveRules;
  /** What the first bytes of the part file came from. */
  origin: Origin | undefined;
}

interface Origin {
  etag: string | undefined;
  modified: string | undefined;
  total: number | undefined;
}

async function exchange(transfer: Transfer): Promise<void> {
  const { part, rules } = transfer;
  const answer = await openLink(transfer.link, part.length > 0 ? rangeFrom(part.length, transfer.origin) : {}, rules);
  try {
    if (answer.status === 206 && part.length > 0 && continues(answer, part.length, transfer.origin)) {
      return await read(answer, transfer);
    }
    // The host is busy, or the link has died: that says nothing about the bytes that have come, which are kept.
    if (![200, 206, 416].includes(answer.status)) throw statusError(answer.status, answer.shown, retryAfter(answer.headers));
    if (part.length > 0) await part.restart();
    if (answer.status === 206 || answer.status === 416) {
      throw new AssetError('interrupted', `${answer.shown} answered with another part of the file than was asked for.`);
    }
    transfer.origin = originOf(answer);
    refuseEarly(answer, transfer.origin, rules);
    return await read(answer, transfer);
  } finally {
    discard(answer.body);
  }
}

async function read(answer: OpenedLink, { part, rules, origin }: Transfer): Promise<void> {
  let told = part.length >= TELLING_BYTES;
  let roomAt = part.length;
  for await (const bytes of flowing(answer, rules.stallMs)) {
    if (part.length + bytes.length > rules.maxBytes) throw tooLarge(answer.shown, rules.maxBytes);
    if (part.length >= roomAt) {
      await rules.room(Math.max(0, (origin?.total ?? 0) - part.length));
      roomAt = part.length + ROOM_BYTES;
    }
    await part.append(bytes);
    if (!told && part.length >= TELLING_BYTES) kindOf(part.head, rules.expect, answer.shown);
    told ||= part.length >= TELLING_BYTES;
  }
  kindOf(part.head, rules.expect, answer.shown);
  if (origin?.total !== undefined && part.length !== origin.total) {
    throw new AssetError('interrupted', `${answer.shown} was cut after ${part.length} of ${origin.total} bytes.`);
  }
}

function rangeFrom(position: number, origin: Origin | undefined): Record<string, string> {
  const strong = origin?.etag?.startsWith('W/') === false ? origin.etag : undefined;
  const validator = strong ?? origin?.modified;
  return { range: `bytes=${position}-`, ...(validator === undefined ? {} : { 'if-range': validator }) };
}

/**
 * A host that gives its object no validator at all is believed when the total length is the same:
 * such a link names one immutable object, and the boxes are checked when all has arrived.
 */
function continues(answer: OpenedLink, position: number, origin: Origin | undefined): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(header(answer.headers, 'content-range') ?? '');
  if (origin === undefined || Number(range?.[1]) !== position) return false;
  const { etag } = originOf(answer);
  if (etag !== undefined && etag !== origin.etag) return false;
  return origin.total === undefined ? etag !== undefined : Number(range?.[2]) === origin.total;
}

function originOf({ headers }: OpenedLink): Origin {
  const length = header(headers, 'content-length');
  return {
    etag: header(headers, 'etag'),
    modified: header(headers, 'last-modified'),
    total: length === undefined ? undefined : Number(length),
  };
}

function refuseEarly(answer: OpenedLink, { total }: Origin, rules: ReceiveRules): void {
  if (total === 0) throw new AssetError('not-a-video', `${answer.shown} is empty.`);
  if (total !== undefined && total > rules.maxBytes) throw tooLarge(answer.shown, rules.maxBytes);
}

function tooLarge(shown: string, maxBytes: number): AssetError {
  return new AssetError('too-large', `${shown} is larger than ${maxBytes} bytes, the most that is downloaded.`);
}

/** Whatever undici, the resolver or the socket throws, as one of our causes. Their own text is left out: it may quote the link. */
function faultOf(error: unknown, { link, part, rules }: Transfer): AssetError {
  if (error instanceof AssetError) return error;
  const shown = linkWithoutQuery(link);
  if (rules.signal.aborted) return new AssetError('aborted', `The download of ${shown} was stopped.`);
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
  const reached = part.length > 0 ? `was interrupted after ${part.length} bytes` : 'did not begin';
  return new AssetError('interrupted', `The download of ${shown} ${reached} (${code}).`, { code, away: part.length === 0 });
}
