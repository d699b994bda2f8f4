/** The OpenAPI document, made of the operations and their schemas. Nothing in it is written by hand. */
import { createDocument, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import type { Operation } from '../operation.ts';
import { unreadableProblems } from '../schemas/problem.ts';
import { answerHeaders } from './answer-headers.ts';

export type ApiDocument = ReturnType<typeof createDocument>;

export function makeDocument(operations: readonly Operation[], version: string, withKeys: boolean): ApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const { method, path, scope, document } of operations) {
    const security = scope === null || !withKeys ? [] : [{ key: [] }];
    const needs = scope === null || !withKeys ? [] : [`Needs a key with the scope \`${scope}\`.`];
    const description = [document.description, ...needs].filter((text) => text !== undefined).join('\n\n');
    const responses = withHeaders({ ...unreadableProblems(), ...document.responses });
    paths[path] = { ...paths[path], [method]: { ...document, responses, ...(description === '' ? {} : { description }), security } };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Dailies',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: 'A durable queue for AI video generation: prompts in, videos out, never paid twice for one prompt. What it answers with 202 it keeps.',
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'Generations' }, { name: 'Batches' }, { name: 'Providers' }, { name: 'Service' }],
    components: withKeys ? { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, made by `dailies keys create`.' } } } : {},
    paths,
  });
}

function withHeaders(responses: ZodOpenApiResponsesObject): ZodOpenApiResponsesObject {
  return Object.fromEntries(Object.entries(responses).map(([status, response]) => [status, { headers: answerHeaders(), ...response }]));
}
