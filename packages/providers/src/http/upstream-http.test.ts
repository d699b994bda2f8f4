import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { errorOf } from '../testing/calls.ts';
import { sendJson, startTestUpstream } from '../testing/test-upstream.ts';
import { createUpstreamHttp, type UpstreamHttpOptions } from './create-upstream-http.ts';
import type { UpstreamHttp, UpstreamRequest } from './upstream-http.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('a paid request', () => {
  it('is answered over a connection of its own, which is closed afterwards', async () => {
    const upstream = await startTestUpstream((response) => sendJson(response, 200, { ok: true }));
    cleanups.push(() => upstream.close());
    const http = make({ timeoutMs: 5000 });
    for (let turn = 0; turn < 3; turn += 1) expect((await http.paid(post(upstream.baseUrl))).text).toBe('{"ok":true}');
    expect(upstream.connections).toHaveLength(3);
    expect(upstream.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
    await Promise.all(upstream.connections.map(closed));
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await startTestUpstream((response) => sendJson(response, 200, {}));
    const upstream = await startTestUpstream((response) => response.writeHead(307, { location: `${elsewhere.baseUrl}/x` }).end());
    cleanups.push(() => elsewhere.close(), () => upstream.close());
    expect((await make({ timeoutMs: 5000 }).paid(post(upstream.baseUrl))).status).toBe(307);
    expect(elsewhere.requests).toEqual([]);
  });

  it('sends no byte when it may no longer send', async () => {
    const server = await rawServer();
    const written: unknown[] = [];
    const note = (message: unknown) => written.push(message);
    // undici announces headers here, before it writes them: a byte that the reset has overtaken is seen all the same.
    subscribe('undici:client:sendHeaders', note);
    cleanups.push(() => void unsubscribe('undici:client:sendHeaders', note));
    const error = await errorOf(make({ timeoutMs: 5000 }).paid({ ...post(server.url), maySend: () => false }));
    const socket = await server.connection;
    await closed(socket);
    expect(socket.bytesRead).toBe(0);
    expect(written).toEqual([]);
    expect(error.kind).toBe('unavailable');
    for (let timeoutMs = 300; written.length === 0; timeoutMs *= 2) await errorOf(make({ timeoutMs }).paid(post(server.url)));
    expect(written).toHaveLength(1);
  });

  it('asks whether it may send only when it is connected', async () => {
    const server = await rawServer();
    await server.close();
    let asked = 0;
    await errorOf(make({ timeoutMs: 5000 }).paid({ ...post(server.url), maySend: () => (asked += 1) > 0 }));
    expect(asked).toBe(0);
  });

  it('is unavailable when nobody listens', async () => {
    const server = await rawServer();
    await server.close();
    const error = await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'ECONNREFUSED' });
  });

  it('is unavailable when the name does not resolve', async () => {
    expect((await errorOf(make({ timeoutMs: 5000 }).paid(post('http://nobody.invalid')))).kind).toBe('unavailable');
  });

  it('is ambiguous and reset when no answer comes in time', async () => {
    const { error, end } = await outOfTime(rawServer, (http, url) => http.paid(post(url)));
    expect(error).toMatchObject({ kind: 'ambiguous', endSeen: true });
    expect(end).toBe('ECONNRESET');
  });

  it('is ambiguous and reset when the answer drips too slowly', async () => {
    const drip = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"a"';
    const { error, end } = await outOfTime(rawServer, (http, url) => http.paid(post(url)), { answer: (socket) => socket.write(drip) });
    expect(error).toMatchObject({ kind: 'ambiguous', endSeen: true });
    expect(end).toBe('ECONNRESET');
  });

  it('is ambiguous with its end seen when the peer resets the connection', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    expect(await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)))).toMatchObject({ kind: 'ambiguous', endSeen: true, code: 'ECONNRESET' });
  });

  it('is ambiguous when the body is cut', async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"a"'));
    expect(await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)))).toMatchObject({ kind: 'ambiguous', endSeen: true });
  });

  it('is ambiguous when the answer is not HTTP', async () => {
    const server = await rawServer((socket) => socket.end('SSH-2.0-nonsense\r\n\r\n'));
    expect((await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)))).kind).toBe('ambiguous');
  });

  it('is ambiguous without its end seen when neither side is known to have ended it', async () => {
    const server = await rawServer((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`));
    expect(await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)))).toMatchObject({ kind: 'ambiguous', endSeen: false });
  });

  it('is ambiguous when the answer is too large', async () => {
    const server = await rawServer((socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n${'x'.repeat(9000)}`));
    expect(await errorOf(make({ timeoutMs: 5000, maxBytes: 1000 }).paid(post(server.url)))).toMatchObject({ kind: 'ambiguous', endSeen: true });
  });

  it('is aborted by a signal before anything was sent', async () => {
    const server = await rawServer();
    const error = await errorOf(make({ timeoutMs: 5000 }).paid({ ...post(server.url), signal: AbortSignal.abort() }));
    expect(error.kind).toBe('aborted');
  });

  it('waits for the answer in spite of a signal that comes after the bytes left', async () => {
    const stop = new AbortController();
    const server = await rawServer((socket) => {
      stop.abort();
      setImmediate(() => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    });
    expect((await make({ timeoutMs: 5000 }).paid({ ...post(server.url), signal: stop.signal })).status).toBe(200);
  });

  it('reads past an interim answer', async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    expect((await make({ timeoutMs: 5000 }).paid(post(server.url))).status).toBe(200);
  });

  it('refuses a key that cannot be written into a header, and does not repeat it', async () => {
    const server = await rawServer();
    const error = await errorOf(make({ timeoutMs: 5000 }).paid({ ...post(server.url), headers: { authorization: 'Bearer se\ncret' } }));
    expect(error.kind).toBe('configuration');
    expect(error.message).not.toContain('cret');
  });
});

describe('a paid request over TLS', () => {
  it('is answered', async () => {
    const server = await pskServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    expect((await make({ timeoutMs: 5000, tls: PSK_CLIENT }).paid(post(server.url))).text).toBe('{}');
  });

  it('resets the raw socket when no answer comes in time', async () => {
    const { error, end } = await outOfTime(pskServer, (http, url) => http.paid(post(url)), { tls: PSK_CLIENT });
    expect(error).toMatchObject({ kind: 'ambiguous', endSeen: true });
    expect(end).toBe('ECONNRESET');
  });

  it('is unavailable when the handshake fails', async () => {
    const server = await pskServer();
    expect((await errorOf(make({ timeoutMs: 5000 }).paid(post(server.url)))).kind).toBe('unavailable');
  });

  it('is unavailable when the peer never shakes hands', async () => {
    const server = await rawServer();
    expect((await errorOf(make({ timeoutMs: 300 }).paid(post(server.url.replace('http:', 'https:'))))).kind).toBe('unavailable');
  });
});

it('keeps connections of free requests alive', async () => {
  const upstream = await startTestUpstream((response) => sendJson(response, 200, {}));
  cleanups.push(() => upstream.close());
  const http = make({ timeoutMs: 5000 });
  for (let turn = 0; turn < 20; turn += 1) await http.free({ method: 'GET', url: upstream.baseUrl, headers: {} });
  // The pool may open a second one while it hands the first back.
  expect(upstream.connections.length).toBeLessThanOrEqual(2);
});

it('polls of one account connect once in ten times at the most, and not anew when they are seconds apart', async () => {
  // A proxy in front of an upstream says nothing of how long it keeps a connection.
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => void server.close());
  const http = make({ timeoutMs: 5000 });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const poll = () => http.free({ method: 'POST', url, headers: {}, body: '{}' });
  for (let time = 0; time < 20; time += 1) expect((await poll()).text).toBe('{}');
  const before = connections;
  expect(before / 20).toBeLessThanOrEqual(0.1);
  // Past the four seconds after which undici would give it up by itself.
  await rest(5_500);
  await poll();
  expect(connections).toBe(before);
});

describe('a free request that fails', () => {
  it('says nothing when it is never answered', async () => {
    const { error } = await outOfTime(rawServer, (http, url) => http.free({ method: 'GET', url, headers: {} }));
    expect(error.kind).toBe('protocol');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['is reset', (socket) => socket.resetAndDestroy()],
    ['gets a cut body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"a"')],
    ['gets too large a body', (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n${'x'.repeat(9000)}`)],
  ])('says nothing when it %s', async (_name, answer) => {
    const server = await rawServer(answer);
    const http = make({ timeoutMs: 5000, maxBytes: 1000 });
    expect((await errorOf(http.free({ method: 'GET', url: server.url, headers: {} }))).kind).toBe('protocol');
  });

  it('is unavailable when nobody listens', async () => {
    const server = await rawServer();
    await server.close();
    expect((await errorOf(make({ timeoutMs: 5000 }).free({ method: 'GET', url: server.url, headers: {} }))).kind).toBe('unavailable');
  });

  it('can be aborted while it waits', async () => {
    const stop = new AbortController();
    const server = await rawServer(() => stop.abort());
    expect((await errorOf(make({ timeoutMs: 5000 }).free({ method: 'GET', url: server.url, headers: {}, signal: stop.signal }))).kind).toBe('aborted');
  });
});

it('keeps what it knows of a request out of its errors', async () => {
  const server = await rawServer((socket) => socket.resetAndDestroy());
  const error = await errorOf(make({ timeoutMs: 5000 }).paid(post(`${server.url}/path?token=signed`)));
  expect(error).toBeInstanceOf(ProviderError);
  expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/signed|secret/);
});

function make(options: UpstreamHttpOptions): UpstreamHttp {
  const http = createUpstreamHttp(options);
  cleanups.push(() => http.close());
  return http;
}

interface OutOfTime {
  tls?: UpstreamHttpOptions['tls'];
  answer?: (socket: Socket) => void;
}

/**
 * What is met by a request that has arrived, and is not answered whole in time; and how its connection ended. On a busy machine a time-out that is too
 * short ends before the request has arrived.
 */
async function outOfTime(open: typeof rawServer, ask: (http: UpstreamHttp, url: string) => Promise<unknown>, { tls, answer }: OutOfTime = {}) {
  for (let timeoutMs = 300; ; timeoutMs *= 2) {
    let hasArrived = false;
    const server = await open((socket) => {
      hasArrived = true;
      answer?.(socket);
    });
    const error = await errorOf(ask(make({ timeoutMs, tls }), server.url));
    if (hasArrived) return { error, end: await ending(await server.connection) };
  }
}

function post(url: string): UpstreamRequest & { maySend: () => boolean } {
  return { method: 'POST', url, headers: { authorization: 'Bearer secret' }, body: '{"prompt":"x"}', maySend: () => true };
}

/** A server that speaks no HTTP of its own: it shows exactly which bytes came, and how the connection ended. */
function rawServer(onRequest: (socket: Socket) => void = () => undefined) {
  return serve('http', (onConnection) => createTcpServer(onConnection), onRequest);
}

const PSK = Buffer.from('0f0e0d0c0b0a09080706050403020100', 'hex');
const PSK_COMMON = { ciphers: 'PSK+HIGH:@SECLEVEL=0', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
/** A shared secret in place of certificates: a test needs no key file. */
const PSK_CLIENT = { ...PSK_COMMON, pskCallback: () => ({ psk: PSK, identity: 'test' }), checkServerIdentity: () => undefined };

function pskServer(onRequest: (socket: Socket) => void = () => undefined) {
  const options: TlsOptions = { ...PSK_COMMON, pskCallback: () => PSK };
  return serve('https', (onConnection) => createTlsServer(options, onConnection), onRequest);
}

async function serve(scheme: string, create: (onConnection: (socket: Socket) => void) => Server, onRequest: (socket: Socket) => void) {
  let arrived: (socket: Socket) => void;
  const connection = new Promise<Socket>((resolve) => (arrived = resolve));
  const server = create((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => onRequest(socket));
    socket.resume();
    cleanups.push(() => void socket.destroy());
    arrived(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  cleanups.push(() => void server.close());
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, connection, close };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** How the peer ended the connection: an error code, or "closed". */
async function ending(socket: Socket): Promise<string | undefined> {
  await closed(socket);
  const error = socket.errored;
  return error && 'code' in error ? String(error.code) : 'closed';
}
