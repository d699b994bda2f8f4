/** `GET /v1/batches/:id/events` */
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { readQuery } from '../http/read-query.ts';
import type { ApiContext } from '../api-context.ts';
import { answerHeaders } from '../openapi/answer-headers.ts';
import type { Operation } from '../operation.ts';
import { problems } from '../schemas/problem.ts';
import { streamEvents } from './event-stream.ts';
import { beginStream } from './event-writer.ts';
import { batchParameter, existingBatch } from './existing.ts';

const MOST_READERS = 1_000;
/** An event id: one stream id for each shard. */
const EVENT_ID = /^\d{1,16}-\d{1,16}(_\d{1,16}-\d{1,16}){0,63}$/;

const query = z.strictObject({
  until: z.enum(['finished']).optional().describe('finished: ends with the event `finished`, instead of staying for later rounds.'),
});
const header = z.object({
  'Last-Event-ID': z.string().regex(EVENT_ID).optional().describe('Goes on after this event. Browsers send it by themselves when they reconnect.'),
});

export function batchEvents(api: ApiContext): Operation {
  let readers = 0;
  return {
    method: 'get',
    path: '/v1/batches/{id}/events',
    scope: 'read',
    document: {
      operationId: 'followBatch',
      summary: 'Follow a batch',
      description:
        'Server-Sent Events. `counts`: the batch, first of all and again after transitions. ' +
        '`transition`: `{ id, from, to, at, note? }`. `finished`: nothing of it moves by itself any more. ' +
        '`missed`: some transitions are too long ago to be sent; it has the present counts. ' +
        'A comment every 15 seconds keeps the connection. A reader that lets 1 MB pile up is cut off, and may come back with `Last-Event-ID`.',
      tags: ['Batches'],
      requestParams: { path: batchParameter, query, header },
      responses: {
        200: {
          description: 'The events, for as long as the connection lasts.',
          headers: answerHeaders('Cache-Control', 'X-Accel-Buffering'),
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems(404),
      },
    },
    async handle(request, response) {
      const { until } = readQuery(request, query);
      // A client that has seen no event yet may send the header empty.
      const after = request.get('Last-Event-ID') || null;
      if (after !== null && !EVENT_ID.test(after)) {
        const detail = 'Last-Event-ID is not the id of an event of this stream. Leave it out to begin with the counts of now.';
        throw new Problem(400, 'bad-last-event-id', detail);
      }
      const { name } = await existingBatch(api.desk.store, request);
      // A HEAD has no body to follow. Held open until the batch is finished, it would take a reader's place and block its connection.
      if (request.method === 'HEAD') return void beginStream(response).end();
      if (readers >= MOST_READERS) throw new Problem(503, 'too-many-readers', `${MOST_READERS} readers follow already.`, { headers: { 'Retry-After': '30' } });
      readers += 1;
      try {
        await streamEvents(api, response, name, { after, untilFinished: until === 'finished' });
      } finally {
        readers -= 1;
      }
    },
  };
}
