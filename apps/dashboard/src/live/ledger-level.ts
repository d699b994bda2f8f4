/** How much of the ledger the catalogue has read since the start. Until it has read all, a page may miss generations, and must say so. */
import type { LedgerFollower } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { number } from '../html/words.ts';

export interface Level {
  isLevel: boolean;
  known: number;
  total: number;
}

export function levelOf(follower: LedgerFollower): Level {
  return { isLevel: follower.isLevel(), known: follower.catalogue.size, total: follower.total() };
}

/** `missing`: what the page may lack meanwhile. Null: everything has been read. */
export function readingNotice({ isLevel, known, total }: Level, missing: string): Html | null {
  return isLevel ? null : html`<p class="notice">Reading the ledger: ${number(known)} of ${number(total)}. ${missing}</p>`;
}
