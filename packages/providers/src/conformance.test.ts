/**
 * What every provider must do, over real sockets: one exchange for a paid submit, the right kind for every fault, and no secret in any error.
 */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstreamHttp } from './http/create-upstream-http.ts';
import type { UpstreamHttp } from './http/upstream-http.ts';
import { type AccountAccess, type Ask, PROVIDER_NAMES, type ProviderName, type Task } from './provider.ts';
import { type ErrorKind, OUTCOME, type ProviderError } from './provider-error.ts';
import { PROVIDERS } from './registry.ts';
import { errorOf, findCall, KEY, NONCE, submitCall } from './testing/calls.ts';
import { type Answering, sendJson, startTestUpstream, type TestUpstream } from './testing/test-upstream.ts';

interface Sample {
  ask: Ask;
  accepted: unknown;
  pending: unknown;
  succeeded: unknown;
  /** An answer about several tasks: the first is pending, the second done, with nothing about any other. Absent where there is no such question. */
  many?: (pending: string, done: string) => unknown;
  /** An error that the upstream itself gives, echoing the key and a signed link. */
  refusal: { status: number; body: unknown };
}

const ID = '86728374175911120';
const LINK = 'https://cdn.example/v.mp4?signature=s3cret';
const LEAK = `key ${KEY} as "Bearer ${KEY}" for ${LINK}`;
const aceData = {
  accepted: { success: true, task_id: ID },
  pending: { id: ID, response: null },
  succeeded: { id: ID, response: { success: true, state: 'completed', video_url: LINK } },
  many: (pending: string, done: string) => ({ items: [{ id: done, response: { success: true, state: 'completed', video_url: LINK } }, { id: pending, response: null }], count: 2 }),
  refusal: { status: 400, body: { error: { code: 'bad_request', message: LEAK } } },
};
const SAMPLES: Record<ProviderName, Sample> = {
  allegro: {
    ask: { prompt: 'Handsome man running on the streets of Tokyo' },
    accepted: { message: '成功', data: ID, status: 0 },
    pending: { message: '成功', data: '', status: 0 },
    succeeded: { message: '成功', data: LINK, status: 0 },
    refusal: { status: 400, body: { message: LEAK, status: 9 } },
  },
  kling: {
    ask: { prompt: 'a dog' },
    accepted: { code: 0, data: { task_id: ID, task_status: 'submitted' } },
    pending: { code: 0, data: { task_id: ID, task_status: 'processing' } },
    succeeded: { code: 0, data: { task_id: ID, task_status: 'succeed', task_result: { videos: [{ url: LINK }] } } },
    many: (pending, done) => ({ code: 0, data: [{ task_id: done, task_status: 'succeed', task_result: { videos: [{ url: LINK }] } }, { task_id: pending, task_status: 'processing' }] }),
    refusal: { status: 400, body: { code: 1201, message: LEAK } },
  },
  hailuo: { ask: { prompt: 'Internal heat' }, ...aceData },
  pika: { ask: { prompt: 'moving' }, ...aceData },
  luma: { ask: { prompt: 'Astronauts' }, ...aceData },
};

const ELSEWHERE = 'http://127.0.0.1:9/elsewhere';
/** Fault → what a paid submit and a free poll make of it. */
const FAULTS: [name: string, answering: Answering, submit: ErrorKind, poll: ErrorKind][] = [
  ['an error of the server', (response) => sendJson(response, 500, { error: 'x' }), 'ambiguous', 'protocol'],
  ['HTML in a 502', (response) => void response.writeHead(502).end('<html>bad gateway</html>'), 'ambiguous', 'protocol'],
  ['HTML in a 200', (response) => void response.writeHead(200).end('<html>login</html>'), 'ambiguous', 'protocol'],
  ['truncated JSON', (response) => void response.writeHead(200).end('{"code":0,"data":{"ta'), 'ambiguous', 'protocol'],
  ['an empty body', (response) => void response.writeHead(200).end(), 'ambiguous', 'protocol'],
  ['a reset after reading', (_response, _request, message) => void message.socket.resetAndDestroy(), 'ambiguous', 'protocol'],
  ['a close without an answer', (_response, _request, message) => void message.socket.destroy(), 'ambiguous', 'protocol'],
  ['silence', () => undefined, 'ambiguous', 'protocol'],
  ['a slow drip', (response) => void response.writeHead(200, { 'content-length': '900' }).write('{'), 'ambiguous', 'protocol'],
  ['a 429', (response) => void response.writeHead(429, { 'retry-after': '2' }).end('<html>slow down</html>'), 'rate', 'rate'],
  ['a redirect', (response) => void response.writeHead(307, { location: ELSEWHERE }).end(), 'configuration', 'configuration'],
  ['a redirect that may follow a success', (response) => void response.writeHead(303, { location: ELSEWHERE }).end(), 'ambiguous', 'protocol'],
  ['a wrong key', (response) => sendJson(response, 401, { message: `bad ${KEY}` }), 'auth', 'auth'],
];

let http: UpstreamHttp;
let upstream: TestUpstream;
let answering: Answering;

beforeEach(async () => {
  http = createUpstreamHttp({ timeoutMs: 10_000 });
  upstream = await startTestUpstream((...given) => answering(...given));
});
afterEach(async () => {
  await http.close();
  await upstream.close();
});

describe.each(PROVIDER_NAMES)('%s', (name) => {
  const provider = PROVIDERS[name];
  const { ask, accepted, pending, succeeded, many, refusal } = SAMPLES[name];
  const request = provider.request.parse(ask);
  const access = (): AccountAccess => ({ baseUrl: `${upstream.baseUrl}/base/`, apiKey: KEY, endpointPath: 'ep' });
  const submit = (over = http) => provider.submit(request, submitCall(over, { access: access() }));
  const submitted = async (): Promise<Task> => {
    answering = (response) => sendJson(response, 200, accepted);
    const { task } = await submit();
    return JSON.parse(JSON.stringify(task)) as Task;
  };

  it('records a request that survives a JSON round trip', () => {
    expect(JSON.parse(JSON.stringify(request))).toEqual(request);
  });

  it('submits with one exchange, over a connection of its own, with the key to the configured origin', async () => {
    answering = (response) => sendJson(response, 200, accepted);
    await submit();
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' } });
    expect(upstream.requests[0]?.url).toMatch(/^\/base\//);
    expect(upstream.requests[0]?.body).not.toContain(KEY);
  });

  it('polls a task that has been through JSON', async () => {
    const task = await submitted();
    expect(task['id']).toBe(ID);
    expect(provider.taskKey(task)).toBe(ID);
    answering = (response) => sendJson(response, 200, pending);
    expect(await provider.poll(task, { access: access(), http })).toMatchObject({ state: 'pending' });
    answering = (response) => sendJson(response, 200, succeeded);
    expect(await provider.poll(task, { access: access(), http })).toMatchObject({ state: 'succeeded', assets: [{ kind: 'video', url: LINK }] });
    expect(upstream.requests.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
  });

  it('polls a task id that a person typed', async () => {
    answering = (response) => sendJson(response, 200, pending);
    expect(await provider.poll(provider.taskFrom(ID, request), { access: access(), http })).toMatchObject({ state: 'pending' });
  });

  it.each(FAULTS)('submit: %s is one exchange, of the right kind, without a secret', async (fault, answer, kind) => {
    answering = answer;
    const error = await errorUnder(fault, submit);
    expect(error.kind).toBe(kind);
    expect(error.endSeen).toBe(true);
    expect(upstream.requests).toHaveLength(1);
    expectNoSecret(error);
  });

  it.each(FAULTS)('poll: %s says nothing about the video', async (fault, answer, _submit, kind) => {
    const task = await submitted();
    answering = answer;
    const error = await errorUnder(fault, (over) => provider.poll(task, { access: access(), http: over }));
    expect(error.kind).toBe(kind);
    expectNoSecret(error);
  });

  describe.runIf(many !== undefined)('asked about many at once', () => {
    const others = ['86728374175911121', '86728374175911122'];
    const tasks = async (): Promise<Task[]> => {
      const task = await submitted();
      return [task, ...others.map((id) => ({ ...task, id }))];
    };

    it('takes one exchange, and says nothing of a task that the answer leaves out', async () => {
      const asked = await tasks();
      answering = (response) => sendJson(response, 200, many?.(ID, others[0] ?? ''));
      const before = upstream.requests.length;
      const answers = await provider.pollMany?.(asked, { access: access(), http });
      expect(upstream.requests).toHaveLength(before + 1);
      expect(answers?.get(ID)).toMatchObject({ state: 'pending' });
      expect(answers?.get(others[0] ?? '')).toMatchObject({ state: 'succeeded', assets: [{ kind: 'video', url: LINK }] });
      expect([...(answers?.keys() ?? [])].toSorted()).toEqual([ID, others[0]]);
    });

    it('believes neither of two words about one task, and no word about a task that was not asked for', async () => {
      const asked = await tasks();
      answering = (response) => sendJson(response, 200, many?.(ID, ID));
      expect(await provider.pollMany?.(asked, { access: access(), http })).toEqual(new Map());
      answering = (response) => sendJson(response, 200, many?.(ID, 'of somebody else'));
      expect([...((await provider.pollMany?.(asked, { access: access(), http })) ?? new Map<string, unknown>()).keys()]).toEqual([ID]);
    });

    it('groups what one answer can be about, and no more than it takes', async () => {
      const groups = (await tasks()).map((task) => provider.together?.group(task));
      expect(new Set(groups).size).toBe(1);
      expect(provider.together?.most).toBeGreaterThanOrEqual(2);
    });

    it.each(FAULTS)('%s says nothing about any of them', async (fault, answer, _submit, kind) => {
      const asked = await tasks();
      answering = answer;
      const error = await errorUnder(fault, async (over) => provider.pollMany?.(asked, { access: access(), http: over }));
      expect(error.kind).toBe(kind);
      expectNoSecret(error);
    });

    it('an answer of another shape says nothing about any of them', async () => {
      const asked = await tasks();
      for (const odd of [pending, { code: 0, data: null, items: null }, { code: 0, data: 'x', items: { 0: {} } }]) {
        answering = (response) => sendJson(response, 200, odd);
        expect((await errorOf(provider.pollMany?.(asked, { access: access(), http }) ?? Promise.resolve())).kind).toBe('protocol');
      }
    });

    it('odd entries of a list spoil no others', async () => {
      const asked = await tasks();
      const [odd, ...rest] = [null, 7, 'x', [], {}, { id: { a: 1 }, task_id: [] }];
      const whole = many?.(ID, others[0] ?? '') as { items?: unknown[]; data?: unknown[] };
      for (const list of [whole.items, whole.data]) list?.unshift(odd, ...rest);
      answering = (response) => sendJson(response, 200, whole);
      expect((await provider.pollMany?.(asked, { access: access(), http }))?.size).toBe(2);
    });

    it('stops when it is told to', async () => {
      const asked = await tasks();
      answering = () => undefined;
      const stop = new AbortController();
      const error = errorOf(provider.pollMany?.(asked, { access: access(), http, signal: stop.signal }) ?? Promise.resolve());
      stop.abort();
      expect((await error).kind).toBe('aborted');
    });
  });

  it('is ambiguous when the connection is reset before the request was read', async () => {
    const resetting = await startTestUpstream(() => undefined);
    try {
      const call = submitCall(http, { access: { ...access(), baseUrl: resetting.baseUrl }, maySend: () => resetLater(resetting) });
      expect(await errorOf(provider.submit(request, call))).toMatchObject({ kind: 'ambiguous', endSeen: true });
    } finally {
      await resetting.close();
    }
  });

  it('is unavailable when nobody listens, and when it is too late to send', async () => {
    const { baseUrl } = access();
    await upstream.close();
    expect((await errorOf(provider.submit(request, submitCall(http, { access: { ...access(), baseUrl } })))).kind).toBe('unavailable');
    upstream = await startTestUpstream(() => undefined);
    expect((await errorOf(provider.submit(request, submitCall(http, { access: access(), maySend: () => false })))).kind).toBe('unavailable');
    expect(upstream.requests).toEqual([]);
  });

  it('says a refusal in the words of the upstream, without the secrets in them', async () => {
    answering = (response) => sendJson(response, refusal.status, refusal.body);
    const error = await errorOf(submit());
    expect(error).toMatchObject({ kind: 'rejected', status: refusal.status });
    expect(error.message).toContain('https://cdn.example/v.mp4');
    expectNoSecret(error);
  });

  it.runIf(provider.find !== undefined)('looks up without paying', async () => {
    answering = (response) => sendJson(response, 200, { code: 0, data: [], items: [] });
    expect(await provider.find?.(request, findCall(http, { access: access() }))).toBe('unknown');
    expect(upstream.requests).not.toEqual([]);
    for (const { method, body } of upstream.requests) expect(method === 'GET' || body.includes('"action":"retrieve')).toBe(true);
  });

  it('refuses a base URL that is none, as a matter of configuration', async () => {
    const error = await errorOf(provider.submit(request, submitCall(http, { access: { ...access(), baseUrl: 'nonsense' } })));
    expect(error.kind).toBe('configuration');
  });

  it('describes every parameter, and a pace that makes sense', () => {
    for (const [parameter, schema] of Object.entries(provider.params.shape)) expect(schema, parameter).toHaveProperty('description', expect.any(String));
    const { firstPollMs, minMs, maxMs, deadlineMs, missingGraceMs } = provider.pace;
    expect([minMs > 0, minMs <= maxMs, firstPollMs < deadlineMs, missingGraceMs < deadlineMs]).toEqual([true, true, true, true]);
    expect(PROVIDERS[name].name).toBe(name);
  });
});

it('gives every kind of error a meaning for submit and for poll', () => {
  for (const [kind, outcome] of Object.entries(OUTCOME)) expect(outcome.poll, kind).toMatch(/hold|wait/);
});

/** Of answers that never come whole the time-out is what is met: on a busy machine one that is too short ends before the request has arrived. */
async function errorUnder(fault: string, ask: (over: UpstreamHttp) => Promise<unknown>): Promise<ProviderError> {
  if (fault !== 'silence' && fault !== 'a slow drip') return errorOf(ask(http));
  const before = upstream.requests.length;
  for (let timeoutMs = 250; ; timeoutMs *= 2) {
    const impatient = createUpstreamHttp({ timeoutMs });
    const error = await errorOf(ask(impatient));
    await impatient.close();
    if (upstream.requests.length > before) return error;
  }
}

/** The bytes are about to leave; the server resets before it reads any. */
function resetLater(server: TestUpstream): boolean {
  const reset = () => {
    const [socket] = server.connections;
    if (socket) socket.resetAndDestroy();
    else setImmediate(reset);
  };
  setImmediate(reset);
  return true;
}

function expectNoSecret(error: Error): void {
  const everything = `${JSON.stringify(error)} ${inspect(error, { depth: 20, showHidden: true })} ${error.stack}`;
  for (const secret of [KEY, 's3cret', NONCE, 'authorization']) expect(everything.toLowerCase()).not.toContain(secret.toLowerCase());
}
