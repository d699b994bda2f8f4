/**
 * What a provider is called with, in tests: an account, and an HTTP that gives scripted answers without a socket.
 */
import { type AccountAccess, type FindCall, type SubmitCall } from '../provider.ts';
import type { UpstreamAnswer, UpstreamHttp, UpstreamRequest } from '../http/upstream-http.ts';
import { ProviderError } from '../provider-error.ts';

export const KEY = 'sk-test-0123456789';
export const NONCE = 'n0nce4f7a9c21';
export const CLIENT_ID = 'gabcdefghijkl2345mnop.1';
export const SENT_AT = 1_722_769_557_000;

export const access: AccountAccess = { baseUrl: 'https://upstream.example', apiKey: KEY, endpointPath: 'abcEndpoint' };

export interface ScriptedHttp extends UpstreamHttp {
  asked: (UpstreamRequest & { paid: boolean })[];
}

type Script = UpstreamAnswer | ProviderError | ((request: UpstreamRequest) => UpstreamAnswer);

/** Gives the answers in turn, the last one for ever. */
export function scriptedHttp(...script: Script[]): ScriptedHttp {
  const asked: ScriptedHttp['asked'] = [];
  const give = async (request: UpstreamRequest, paid: boolean): Promise<UpstreamAnswer> => {
    asked.push({ ...request, paid });
    const next = script[Math.min(asked.length, script.length) - 1];
    if (next === undefined) throw new Error('the script is empty');
    if (next instanceof ProviderError) throw next;
    return typeof next === 'function' ? next(request) : next;
  };
  return { asked, paid: (request) => give(request, true), free: (request) => give(request, false), close: async () => undefined };
}

export function answer(status: number, body: unknown, headers: UpstreamAnswer['headers'] = {}): UpstreamAnswer {
  return { status, headers: { date: new Date().toUTCString(), ...headers }, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function submitCall(http: UpstreamHttp, overrides: Partial<SubmitCall> = {}): SubmitCall {
  return {
    access,
    http,
    clientId: CLIENT_ID,
    nonce: NONCE,
    maySend: () => true,
    loadImage: async () => ({ bytes: new Uint8Array([1, 2, 3]), contentType: 'image/png' }),
    ...overrides,
  };
}

export function findCall(http: UpstreamHttp, overrides: Partial<FindCall> = {}): FindCall {
  return { access, http, clientId: CLIENT_ID, nonce: NONCE, sentAt: SENT_AT, known: { foundBefore: false, nonceSeen: false }, ...overrides };
}

/** The ProviderError that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<ProviderError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof ProviderError) return outcome.error;
  throw new Error(`expected a ProviderError, got ${JSON.stringify(outcome)}`, { cause: outcome });
}
