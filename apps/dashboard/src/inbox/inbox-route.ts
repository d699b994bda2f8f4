/** `/inbox`: unresolved generations, newest first. The catalogue that finds them may be a second behind, so each is read from the ledger again. */
import { type LedgerFollower, readGenerations, search, type Store } from '@dailies/queue';
import type { RequestHandler } from 'express';
import type { ShowPage } from '../http/answer.ts';
import { levelOf } from '../live/ledger-level.ts';
import { inboxPage } from './inbox-page.ts';

const MOST_SHOWN = 50;

export function inboxRoute({ store, follower, show }: { store: Store; follower: LedgerFollower; show: ShowPage }): RequestHandler {
  return async (request, response) => {
    const { ids, total } = search(follower.catalogue, { states: ['unresolved'] }, { size: MOST_SHOWN });
    const shown = (await readGenerations(store, ids)).filter((one) => one !== null).filter(({ state }) => state === 'unresolved');
    const overdue = search(follower.catalogue, { states: ['overdue'] }, { size: 0 }).total;
    const main = inboxPage(request, shown, { total: total - ids.length + shown.length, overdue, level: levelOf(follower) });
    show(request, response, { title: 'Unresolved', main, live: '*' });
  };
}
