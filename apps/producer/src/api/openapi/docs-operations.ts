/** `GET /openapi.json` and `GET /docs`: open to everybody, since they tell nothing that the source does not. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Operation } from '../operation.ts';
import { docsPage } from './docs-page.ts';
import { DOCS_STYLE } from './docs-style.ts';
import type { ApiDocument } from './document.ts';

const STYLE_HASH = createHash('sha256').update(DOCS_STYLE).digest('base64');
/** The page has an inline style and nothing else: no script, no picture, no request to anywhere. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** `document` is called at the first request only, because these operations are part of the document. */
export function docsOperations(document: () => ApiDocument): Operation[] {
  let page: string | null = null;
  return [
    {
      method: 'get',
      path: '/openapi.json',
      scope: null,
      document: {
        operationId: 'openapi',
        summary: 'This document',
        tags: ['Service'],
        responses: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } } } },
      },
      handle: (_request, response) => void response.json(document()),
    },
    {
      method: 'get',
      path: '/docs',
      scope: null,
      document: {
        operationId: 'docs',
        summary: 'This document as a page for people',
        tags: ['Service'],
        responses: { 200: { description: 'A page.', content: { 'text/html': { schema: z.string() } } } },
      },
      handle: (_request, response) => {
        page ??= docsPage(document());
        response.set('Content-Security-Policy', POLICY).type('html').send(page);
      },
    },
  ];
}
