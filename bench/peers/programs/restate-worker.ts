/** The pipeline as a Restate handler: its server calls it, keeps the journal, and calls it again where it was cut off. */
import './with-resolvers.ts';
import * as restate from '@restatedev/restate-sdk';
import { createVideoApi } from '../../pipeline/video-api.ts';
import { FIRST_POLL_MS, POLL_MS } from '../../pipeline/workload.ts';

const [port = '0', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const api = createVideoApi(upstreamUrl, outFolder);

const video = restate.service({
  name: 'video',
  handlers: {
    async run(ctx: restate.Context, prompt: string): Promise<void> {
      const task = await ctx.run('submit', () => api.submit(prompt));
      let link: string | null = null;
      for (let wait = FIRST_POLL_MS; link === null; wait = POLL_MS) {
        await ctx.sleep(wait);
        link = await ctx.run('poll', () => api.poll(task));
      }
      const found = link;
      await ctx.run('store', () => api.store(prompt, found));
    },
  },
});

await restate.serve({ services: [video], port: Number(port) });
process.send?.('listening');
