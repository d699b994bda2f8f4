/**
 * Opens a link and follows its redirects, checking every hop as if it were the first. Answers with the last response, unread.
 * It must never carry a header along that is worth stealing: no Authorization, no cookies, no referrer.
 */
import type { Agent, Dispatcher } from 'undici';
import { linkWithoutQuery } from '@dailies/queue';
import { checkedUrl } from './asset-agent.ts';
import { AssetError } from './asset-error.ts';

const MAX_REDIRECTS = 5;

export interface OpenedLink {
  /** Where it ended, without the query. */
  shown: string;
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  body: Dispatcher.ResponseData['body'];
}

export interface OpenRules {
  agent: Agent;
  allowPrivateAddresses: boolean;
  signal: AbortSignal;
}

export async function openLink(link: string, headers: Record<string, string>, rules: OpenRules): Promise<OpenedLink> {
  let url = checkedUrl(link, rules.allowPrivateAddresses);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await rules.agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'dailies', ...headers },
      signal: rules.signal,
    });
    const location = header(response.headers, 'location');
    if (!REDIRECTS.has(response.statusCode) || location === undefined) {
      return { shown: linkWithoutQuery(url.href), status: response.statusCode, headers: response.headers, body: response.body };
    }
    discard(response.body);
    url = checkedUrl(location, rules.allowPrivateAddresses, url);
  }
  throw new AssetError('refused', `${linkWithoutQuery(link)} is not downloaded: it redirects more than ${MAX_REDIRECTS} times.`);
}

/** The first value of a header. */
export function header(headers: OpenedLink['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Lets go of a body that nobody will read; its connection closes. */
export function discard(body: OpenedLink['body']): void {
  body.on('error', () => undefined);
  body.destroy();
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
