/** Hops as they are judged where ALLOW_PRIVATE_ADDRESSES is off. Every connection of these tests ends at a host of this machine, whatever the name. */
import { connect } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLink, type OpenedLink } from './open-link.ts';
import { startAssetHost, type AssetHost } from './testing/asset-host.ts';

let host: AssetHost;
let agent: Agent;

beforeEach(async () => {
  host = await startAssetHost();
  const port = Number(new URL(host.origin).port);
  agent = new Agent({
    connect: (_options, callback) => {
      const socket = connect(port, '127.0.0.1', () => callback(null, socket));
    },
  });
});

afterEach(async () => {
  await agent.destroy();
  await host.close();
});

function opened(link = 'https://cdn.example.com/video.mp4?signature=secret'): Promise<OpenedLink> {
  return openLink(link, {}, { agent, allowPrivateAddresses: false, signal: new AbortController().signal });
}

it('follows five redirects between public hosts, and takes nothing along', async () => {
  host.answer = (_request, response, nth) => {
    if (nth > 5) return void response.end('here');
    return void response.writeHead(302, { 'location': `https://cdn${nth}.example.com/hop`, 'set-cookie': 'session=secret' }).end();
  };
  const { shown, status, body } = await opened();
  expect([shown, status, await body.text()]).toEqual(['https://cdn5.example.com/hop', 200, 'here']);
  expect(host.requests.map(({ headers }) => headers.host)).toEqual(['cdn.example.com', ...[1, 2, 3, 4, 5].map((nth) => `cdn${nth}.example.com`)]);
  for (const { headers } of host.requests) expect(Object.keys(headers).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
});

it('does not follow a sixth', async () => {
  host.answer = (_request, response, nth) => response.writeHead(302, { location: `/hop${nth}?signature=secret` }).end();
  await expect(opened()).rejects.toMatchObject({ cause: 'refused', message: expect.stringMatching(/video\.mp4 is not downloaded: it redirects more than 5 times/) as unknown });
  expect(host.requests).toHaveLength(6);
});

const PRIVATE = ['https://10.0.0.1/x', 'https://127.0.0.1/x', 'https://[::1]/x', 'https://192.168.1.1:8443/x', 'https://169.254.169.254/latest', 'https://0x7f.1/x', 'http://cdn.example.com/x', '//10.0.0.1/x'];
for (const location of PRIVATE) {
  it(`asks nothing of ${location} when it is redirected there`, async () => {
    host.answer = (_request, response) => response.writeHead(302, { location }).end();
    await expect(opened()).rejects.toMatchObject({ cause: 'refused' });
    expect(host.requests).toHaveLength(1);
  });
}
