/**
 * Settles an ambiguous AceData submit: lists the tasks made around it and looks for our nonce.
 *
 * "Absent" is said only when every task of that time was seen, by a clock that is theirs too, and this account is known to echo nonces; a list
 * that hides them proves nothing. After a restored backup (`sentUntil`) no task of that time may have the same request either: in the time that
 * is gone it may have been sent with a nonce that nobody knows any more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FindCall, Found } from '../provider.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../http/json.ts';
import { type Service, retrieveBatch } from './client.ts';
import { carriesNonce, echoesMarks, withoutTransport } from './nonce.ts';
import { idOfRecord } from './record.ts';

const PAGE = 50;
/** Seconds by which the clocks of the worker that sent it and of the upstream may be apart: what shows our nonce is ours whenever it was made. */
const CLOCKS_APART = 300;
/** Seconds before and after the submit in which a task that only looks like it may be taken for it. */
const NEAR = { before: 30, after: 60 };
/** 2,000 tasks in ten minutes: beyond that, absence is never concluded. */
const MOST_PAGES = 40;
const MOST_PAGES_WITHOUT_NEWS = 3;
/** Further apart than this, and ours may lie outside of what is asked for: a task is made up to a minute after its submit. */
const MOST_APART_MS = (CLOCKS_APART - 60) * 1000;

export async function findByNonce(service: Service, request: JsonObject | undefined, call: FindCall): Promise<Found | 'absent' | 'unknown'> {
  const seen = await listAround(service, call);
  const near = seen.items.filter((item) => isWithin(item, window(call, NEAR)));

  const ours = idsOf(seen.items.filter((item) => carriesNonce(item, call.nonce)));
  if (ours.length === 1 && ours[0] !== undefined) return { task: { id: ours[0] }, by: 'nonce' };
  if (ours.length > 1) return 'unknown';

  const nonceEchoed = call.known.nonceSeen || seen.items.some((item) => echoesMarks(item, call));
  if (nonceEchoed) {
    if (call.sentUntil !== undefined && !seen.items.every((item) => isOther(item, request))) return 'unknown';
    return seen.whole && (call.known.foundBefore || seen.items.length > 0) ? 'absent' : 'unknown';
  }
  // A match by the request alone, in hours instead of a minute and a half, may be anybody's.
  if (call.sentUntil !== undefined) return 'unknown';

  // This account hides callback URLs, as far as anybody can see. The same request, once, is the next best evidence.
  const alike = idsOf(near.filter((item) => isSameRequest(item, request)));
  return seen.whole && alike.length === 1 && alike[0] !== undefined ? { task: { id: alike[0] }, by: 'request' } : 'unknown';
}

/** The tasks of the window, and whether these are all of them. */
async function listAround(service: Service, call: FindCall): Promise<{ items: JsonObject[]; whole: boolean }> {
  const around = window(call, { before: CLOCKS_APART, after: CLOCKS_APART });
  const items: JsonObject[] = [];
  const ids = new Set<string | undefined>();
  let offset = 0;
  let pagesWithoutNews = 0;
  let isOneClock = true;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { body, answeredAt } = await retrieveBatch(service, { ...around, offset, limit: PAGE }, call);
    if (!(Math.abs(answeredAt - Date.now()) <= MOST_APART_MS)) isOneClock = false;
    if (!Array.isArray(body['items'])) break;
    const batch = body['items'].map(objectOf).filter((item) => item !== undefined);
    // Only an empty page is an end: the upstream may give less than `limit` at a time.
    if (batch.length === 0) return { items, whole: isOneClock };
    offset += batch.length;
    const fresh = batch.filter((item) => !ids.has(idOfRecord(item)));
    // Tasks made meanwhile push seen ones onto this page; the next one then is empty. The same page again and again: `offset` is ignored here,
    // so what lies behind this page cannot be seen.
    pagesWithoutNews = fresh.length === 0 ? pagesWithoutNews + 1 : 0;
    if (pagesWithoutNews >= MOST_PAGES_WITHOUT_NEWS) break;
    for (const item of fresh) ids.add(idOfRecord(item));
    items.push(...fresh.filter((item) => isWithin(item, around)));
  }
  return { items, whole: false };
}

interface Window {
  /** Unix seconds. */
  from: number;
  to: number;
}

function window({ sentAt, sentUntil = sentAt }: FindCall, { before, after }: { before: number; after: number }): Window {
  return { from: Math.floor(sentAt / 1000) - before, to: Math.ceil(sentUntil / 1000) + after };
}

/** The filter may be ignored; a record without a readable time may be of any. */
function isWithin(item: JsonObject, { from, to }: Window): boolean {
  const text = textOf(item['created_at']);
  if (text === undefined) return true;
  const seconds = numberOf(item['created_at']) ?? Date.parse(text) / 1000;
  return !(seconds < from || seconds > to);
}

/** Certainly of another prompt: its echo is readable and differs. What else is in it may have been changed by the service. */
function isOther(item: JsonObject, request: JsonObject | undefined): boolean {
  const asked = textOf(request?.['prompt']);
  const echoed = textOf(objectOf(item['request'])?.['prompt']);
  return asked !== undefined && echoed !== undefined && asked.trim() !== echoed.trim();
}

function isSameRequest(item: JsonObject, request: JsonObject | undefined): boolean {
  const echo = objectOf(item['request']);
  return request !== undefined && echo !== undefined && item['created_at'] !== undefined && isDeepStrictEqual(withoutTransport(echo), request);
}

function idsOf(items: JsonObject[]): string[] {
  return [...new Set(items.map(idOfRecord).filter((id) => id !== undefined))];
}
