/** Sessions of the dashboard in the ledger's Redis: several dashboards share them, and a log-out ends one at once. */
import type { Store as Ledger } from '@dailies/queue';
import { type SessionData, Store } from 'express-session';

export const SESSION_HOURS = 12;

export class LedgerSessions extends Store {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    super();
    this.#ledger = ledger;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const { redis, keys } = this.#ledger;
    redis.get(keys.session(id)).then((text) => callback(null, text === null ? null : (JSON.parse(text) as SessionData)), callback);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    const { redis, keys } = this.#ledger;
    redis.set(keys.session(id), JSON.stringify(session), 'EX', SESSION_HOURS * 3_600).then(() => callback?.(), callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    const { redis, keys } = this.#ledger;
    redis.del(keys.session(id)).then(() => callback?.(), callback);
  }

  override touch(id: string, _session: SessionData, callback?: (error?: unknown) => void): void {
    const { redis, keys } = this.#ledger;
    redis.expire(keys.session(id), SESSION_HOURS * 3_600).then(() => callback?.(), callback);
  }
}
