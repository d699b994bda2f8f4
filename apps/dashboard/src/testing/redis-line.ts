/** A line to the test's Redis that can be cut and mended: Redis being away, without touching the server that other tests use. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface RedisLine {
  url: string;
  /** Everything on the line is reset, and nothing gets through until it is mended. */
  cut(): void;
  mend(): void;
  /** How often `cutAtFirstInfo` has cut. */
  cuts(): number;
}

/** `cutAtFirstInfo`: the first connection is cut during its first words, ioredis' own INFO. */
export async function openRedisLine(redisUrl: string, { cutAtFirstInfo = false } = {}): Promise<RedisLine> {
  const { hostname, port } = new URL(redisUrl);
  const ends = new Set<Socket>();
  let isCut = false;
  let infos = 0;
  let cuts = 0;

  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const [end, other] of [[near, far], [far, near]] as const) {
      ends.add(end);
      end.on('error', () => undefined).on('close', () => {
        ends.delete(end);
        other.destroy();
      });
    }
    far.pipe(near);
    near.on('data', (chunk) => {
      infos += String(chunk).match(/\binfo\b/gi)?.length ?? 0;
      if (cutAtFirstInfo && cuts === 0 && infos >= 1) {
        cuts += 1;
        near.destroy();
      } else {
        far.write(chunk);
      }
    });
  }).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    cut() {
      isCut = true;
      for (const end of ends) end.destroy();
    },
    mend() {
      isCut = false;
    },
    cuts: () => cuts,
  };
}
