/**
 * `POST /v1/callbacks/:provider/:id/:token`: the address that upstreams call. Anybody may call it, so every call gets the same answer before it is
 * examined: neither the answer nor its time tells whether the call was known or forged. What it means is decided afterwards (hearCallback).
 * The token is in the path, so anything that logs requests must leave it out (`withoutToken`).
 */
import { PROVIDERS, PROVIDER_NAMES } from '@dailies/providers';
import { type Config, type Desk, GENERATION_ID, hearCallback, type Log } from '@dailies/queue';
import express, { Router, type Request } from 'express';
import { isSignedBy } from './signature.ts';

/** Bytes; more than any callback has. A larger body is not read, and the call is still a hint. */
const MOST_BYTES = 64 * 1024;
/** Further calls at the same time are ignored: polling finds out the same. */
const MOST_AT_ONCE = 1_000;

export interface CallbackOptions {
  config: Pick<Config, 'callbackSecrets'>;
  desk: Desk;
  log: Log;
}

/** Mount it at /v1/callbacks, without authentication, before any parser of bodies. */
export function createCallbacks({ config, desk, log }: CallbackOptions): Router {
  const read = express.raw({ type: () => true, limit: MOST_BYTES, inflate: false });
  let underWay = 0;
  let hasSaidUnsigned = false;
  /** Providers whose callbacks cannot be heard just now, as it was logged. */
  const unheard = new Set<string>();

  async function hear(request: Request, body: Buffer | null): Promise<void> {
    const address = addressOf(request.path);
    if (address === null) return;
    const secret = config.callbackSecrets[address.provider];
    if (secret !== undefined && (body === null || !isSignedBy(secret, body, request.headers))) return unsigned(address.provider);
    const said = PROVIDERS[address.provider].readCallback?.(body?.toString('utf8') ?? '') ?? { final: true };
    const task = said.task !== undefined && /^[\w.-]{1,128}$/.test(said.task) ? said.task : undefined;
    const known = await hearCallback(desk, { ...address, task, final: said.final });
    // Any other call has written nothing, so that it was answered tells nothing: forged ones, and of what has ended, come while Redis is full.
    if (known && said.final) unheard.delete(address.provider);
    log.debug({ provider: address.provider, known }, 'callback');
  }

  /** Logged once, since anybody can send such calls by the thousand. */
  function unsigned(provider: string): void {
    if (!hasSaidUnsigned) log.warn({ provider }, 'a callback without the right signature was not heard, and others like it will not be');
    hasSaidUnsigned = true;
  }

  /** Logged once until one is heard again: while Redis is away they come by the hundred. */
  function couldNotHear(request: Request, error: unknown): void {
    const provider = addressOf(request.path)?.provider ?? '';
    const reason = error instanceof Error ? error.name : 'unknown';
    if (!unheard.has(provider)) log.warn({ provider, reason }, 'a callback could not be heard, nor will others be until this is over: polling goes on');
    unheard.add(provider);
  }

  const router = Router();
  router.use((request, response, next) => {
    if (request.method !== 'POST') return next();
    read(request, response, (fault?: unknown) => {
      const body = fault === undefined && Buffer.isBuffer(request.body) ? request.body : null;
      // The rest of a body that is too large is not waited for.
      if (fault !== undefined) response.set('connection', 'close');
      response.set('cache-control', 'no-store').json({ status: 'ok' });
      if (underWay >= MOST_AT_ONCE) return;
      underWay += 1;
      hear(request, body)
        .catch((error: unknown) => couldNotHear(request, error))
        .finally(() => (underWay -= 1));
    });
  });
  return router;
}

/** The path without its token, fit to be logged or quoted. */
export function withoutToken(path: string): string {
  return path.replace(/(\/v1\/callbacks\/[^/?#]*\/[^/?#]*)[^\s]*/i, '$1/…');
}

/** Null when the path is not one of ours, for whatever reason. */
function addressOf(path: string) {
  const [, name, id = '', token = '', ...rest] = path.split('/');
  const provider = PROVIDER_NAMES.find((one) => one === name);
  if (provider === undefined || rest.length > 0 || !GENERATION_ID.test(id) || !/^[0-9a-f]{32}$/.test(token)) return null;
  return { provider, id, token };
}
