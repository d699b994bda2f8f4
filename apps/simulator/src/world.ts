import type { AccountBook } from './account-book.ts';
import type { Alarms } from './alarms.ts';
import type { Callbacks } from './callbacks.ts';
import type { MediaLibrary } from './assets/media-library.ts';
import type { SignedLinks } from './assets/signed-links.ts';
import type { PaidLedger } from './paid-ledger.ts';
import type { RequestLog } from './request-log.ts';
import type { Settings } from './simulator-options.ts';
import type { TaskBook } from './task-book.ts';

/** What the five upstreams stand on. One per simulator; nothing here is shared between two. */
export interface World {
  readonly settings: Settings;
  readonly tasks: TaskBook;
  readonly accounts: AccountBook;
  readonly ledger: PaidLedger;
  readonly requests: RequestLog;
  readonly alarms: Alarms;
  readonly callbacks: Callbacks;
  readonly media: MediaLibrary;
  readonly links: SignedLinks;
}
