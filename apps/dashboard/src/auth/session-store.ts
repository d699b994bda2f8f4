/** Sessions of the dashboard in the ledger's Redis: several dashboards share them, and a log-out ends one at once. */
import type { Store as Ledger } from '@dailies/queue';
import { type SessionData, Store } from 'express-session';

export const SESSION_HOURS = 12;

/** A session is extended at most this often: live pages ask every two seconds, and each write makes Redis sync its disk, which the workers need. */
const TOUCH_EVERY_MS = 60_000;
const MOST_REMEMBERED = 1_000;

export class LedgerSessions extends Store {
  readonly #ledger: Ledger;
  readonly #touchedAt = new Map<string, number>();

  constructor(ledger: Ledger) {
    super();
    this.#ledger = ledger;
  }

  override get(id: string, answer: (error: unknown, session?: SessionData | null) => void): void {
    const { redis, keys } = this.#ledger;
    redis.get(keys.session(id)).then((text) => answer(null, text === null ? null : (JSON.parse(text) as SessionData)), answer);
  }

  override set(id: string, session: SessionData, answer: (error?: unknown) => void = () => undefined): void {
    const { redis, keys } = this.#ledger;
    redis.set(keys.session(id), JSON.stringify(session), 'EX', SESSION_HOURS * 3_600).then(() => answer(), answer);
  }

  override destroy(id: string, answer: (error?: unknown) => void = () => undefined): void {
    const { redis, keys } = this.#ledger;
    redis.del(keys.session(id)).then(() => answer(), answer);
  }

  override touch(id: string, _session: SessionData, answer: (error?: unknown) => void = () => undefined): void {
    const { redis, keys } = this.#ledger;
    const now = Date.now();
    if (now - (this.#touchedAt.get(id) ?? 0) < TOUCH_EVERY_MS) return answer();
    if (this.#touchedAt.size >= MOST_REMEMBERED) this.#touchedAt.clear();
    this.#touchedAt.set(id, now);
    redis.expire(keys.session(id), SESSION_HOURS * 3_600).then(() => answer(), answer);
  }
}
