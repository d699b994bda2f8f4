/**
 * A request as the OpenAPI document shows it: one shape for each provider, made of the very schemas that check it, and our own fields
 * beside them. The checks themselves, with their words and remedies, are `prepareRequest`.
 */
import { PROVIDERS, type Provider } from '@dailies/providers';
import { BATCH_NAME } from '@dailies/queue';
import { z } from 'zod';

const ownFields = {
  batch: z
    .string()
    .regex(BATCH_NAME)
    .optional()
    .describe('The batch it belongs to. Without one it is a single request.'),
  id: z
    .string()
    .regex(/^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .optional()
    .describe('Your own id. The same id with the same request is the same generation; with another request it is refused (409).'),
  priority: z.int().min(0).max(3).optional().describe('0 to 3, higher goes first. Default: 1.'),
  metadata: z.record(z.string(), z.unknown()).optional().describe('Notes of your own, at most 16 KB of JSON. Come back with every answer.'),
  webhook: z.url({ protocol: /^https?$/ }).max(2048).optional().describe('An https URL that is told when it ends.'),
};

const IMAGE = { none: '', url: 'An http(s) URL.', 'url-or-bytes': 'An http(s) URL, or a data: URI of a JPEG or PNG of at most 10 MB.' } as const;

function requestOf(provider: Provider) {
  const { request, name, title, models, image } = provider;
  if (!(request instanceof z.ZodPipe) || !(request.in instanceof z.ZodObject)) throw new Error(`the schema of ${name} is no object with rules behind it`);
  const { prompt, params } = request.in.shape;
  return z
    .strictObject({
      provider: z.literal(name),
      prompt,
      ...(models.length === 0 ? {} : { model: z.enum(models).optional().describe('Default: chosen by the rest of the request.') }),
      ...(image === 'none' ? {} : { image: z.string().min(1).optional().describe(IMAGE[image]) }),
      ...(Object.keys(provider.params.shape).length === 0 ? {} : { params }),
      ...ownFields,
    })
    .meta({ id: `Request-${name}`, title });
}

const requests = Object.values(PROVIDERS).map(requestOf);

export const requestSchema = z
  .union(requests)
  .meta({ id: 'Request', description: 'What is to be made. Which fields there are depends on `provider`; unknown ones are refused.' });

export const batchSchema = z
  .strictObject({
    batch: z.string().regex(BATCH_NAME).describe('Name of the batch, also in addresses and folders.'),
    items: z.array(requestSchema).min(1).max(10_000),
    webhook: ownFields.webhook.describe('An https URL that is told when the batch is finished, and of its generations that name none.'),
  })
  .meta({ id: 'BatchRequest' });
