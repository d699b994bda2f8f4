/**
 * Makes a provider of one of AceData's video services. What differs between them is given as data: a schema and two mappings.
 */
import type { z } from 'zod';
import type { Asset, Provider, ProviderName, SubmitCall } from '../provider.ts';
import { type JsonObject, parseObject, textOf } from '../http/json.ts';
import { ProviderError } from '../provider-error.ts';
import { idOfTask, typedTaskId } from '../task-id.ts';
import { createVideo, retrieve, type Service } from './client.ts';
import { aceDataErrors } from './errors.ts';
import { findByNonce } from './find.ts';
import { carriesNonce } from './nonce.ts';
import { pollRecords } from './poll-many.ts';
import { progressOfRecord } from './record.ts';

export interface AceDataService<Request> {
  name: ProviderName;
  title: string;
  request: z.ZodType<Request>;
  params: z.ZodObject;
  models: readonly string[];
  image: Provider['image'];
  imageParams?: readonly string[];
  /** Codes that mean something else at this service. */
  errorKinds?: Parameters<typeof aceDataErrors>[1];
  /** The recorded request → the body. May load images; must not send anything. */
  body: (request: Request, call: SubmitCall) => Promise<JsonObject>;
  /** The body as the service would echo it; undefined when that cannot be known without loading images. */
  echo: (request: Request) => JsonObject | undefined;
  assets: (result: JsonObject) => Asset[];
}

export function aceDataProvider<Request>(service: AceDataService<Request>): Provider<Request> {
  const { name, title, request, params, models, image, imageParams, assets } = service;
  const wire: Service = { name, errors: aceDataErrors(title, service.errorKinds) };
  return {
    name,
    title,
    request,
    params,
    models,
    image,
    ...(imageParams ? { imageParams } : {}),
    // AceData's documents: a video takes one to three minutes; poll every 10 to 30 s. Just after its submit a task may not be visible yet.
    pace: { firstPollMs: 20_000, minMs: 10_000, maxMs: 30_000, deadlineMs: 30 * 60_000, missingGraceMs: 2 * 60_000 },

    async submit(asked, call) {
      const { id, body } = await createVideo(wire, await service.body(asked, call), call);
      // We ask for an asynchronous task, but a finished result may come at once all the same.
      const progress = progressOfRecord({ response: body }, { title, assets, secrets: [call.access.apiKey, call.nonce] });
      return { task: { id }, ...(progress.state === 'succeeded' ? { done: progress } : {}) };
    },

    async poll(task, call) {
      const id = idOfTask(task);
      const record = await retrieve(wire, id, call);
      if (record['id'] !== undefined && textOf(record['id']) !== id) throw new ProviderError('protocol', `${title} answered about another task.`);
      return progressOfRecord(record, { title, assets, secrets: call.access.apiKey });
    },

    pollMany: (tasks, call) => pollRecords(wire, tasks.map(idOfTask), call, { title, assets, secrets: call.access.apiKey }),
    together: { most: 50, group: () => name },

    // AceData sends a callback at the end only.
    readCallback: (body) => ({ task: textOf(parseObject(body)?.['task_id']), final: true }),
    async recognise(task, call) {
      const record = await retrieve(wire, idOfTask(task), call);
      if (carriesNonce(record, call.nonce)) return 'nonce';
      return progressOfRecord(record, { title, assets, secrets: call.access.apiKey }).state === 'missing' ? 'missing' : null;
    },
    find: (asked, call) => findByNonce(wire, service.echo(asked), call),
    // Inferred, not documented (docs/decisions/021): `{}` for a task of the last two minutes can be a race. The list is made of the same records.
    mayShowLate: true,
    taskKey: idOfTask,
    taskFrom: (text) => ({ id: typedTaskId(text, /^[\w-]{8,64}$/, `the task_id that ${title} gave`) }),
  };
}
