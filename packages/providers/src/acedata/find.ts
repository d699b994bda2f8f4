/**
 * Settles an ambiguous AceData submit: lists the tasks made around it and looks for our nonce.
 *
 * "absent" is concluded only when every task of that time was seen, the upstream's clock agrees with ours, and this account is known to echo
 * nonces: a list that hides them proves nothing. After a restored backup (`sentUntil`) there must also be no task with the same request: in the
 * time that the backup lost, it may have been sent with a nonce that nobody knows any more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FindCall, Found } from '../provider.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../http/json.ts';
import { type Service, retrieveBatch } from './client.ts';
import { carriesNonce, echoesMarks, withoutTransport } from './nonce.ts';
import { idOfRecord } from './record.ts';

const PAGE = 50;
/** Seconds by which the sending worker's clock may differ from the upstream's. A task that shows our nonce is ours whatever its time says. */
const CLOCKS_APART = 300;
/** Seconds before and after the submit within which a task with the same request may be taken for ours. */
const NEAR = { before: 30, after: 60 };
/** Enough for 2,000 tasks in ten minutes. When there are more, absence is never concluded. */
const MOST_PAGES = 40;
const MOST_PAGES_WITHOUT_NEWS = 3;
/** When the clocks are further apart than this, our task may lie outside of the window: a task is created up to a minute after its submit. */
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
  // Within hours, instead of a minute and a half, a task that matches by its request alone may be anybody's.
  if (call.sentUntil !== undefined) return 'unknown';

  // As far as we have seen, this account hides callback URLs. The next best evidence is exactly one task with the same request.
  const alike = idsOf(near.filter((item) => isSameRequest(item, request)));
  return seen.whole && alike.length === 1 && alike[0] !== undefined ? { task: { id: alike[0] }, by: 'request' } : 'unknown';
}

/** The tasks around the submit. `whole`: these are certainly all of them. */
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
    // Only an empty page is the end of the list: the upstream may return fewer than `limit` at a time.
    if (batch.length === 0) return { items, whole: isOneClock };
    offset += batch.length;
    const fresh = batch.filter((item) => !ids.has(idOfRecord(item)));
    // New tasks push tasks that we have seen onto this page; then the next page is empty. When the same page keeps coming, the upstream ignores
    // `offset`, and we cannot see what lies behind the page.
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

/** The upstream may ignore the time filter, so it is applied again here. A record without a readable time may be of any time, and is kept. */
function isWithin(item: JsonObject, { from, to }: Window): boolean {
  const text = textOf(item['created_at']);
  if (text === undefined) return true;
  const seconds = numberOf(item['created_at']) ?? Date.parse(text) / 1000;
  return !(seconds < from || seconds > to);
}

/** Whether the record is certainly of another prompt: its echoed prompt is readable and differs. Other fields may have been changed by the service. */
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
