/** The OpenAPI document as a page for people: made of the document alone, without a script. Everything from the document is escaped. */
import { z } from 'zod';
import { PROBLEM_CODES } from '../http/problem-codes.ts';
import { DOCS_STYLE } from './docs-style.ts';
import type { ApiDocument } from './document.ts';
import { schemaText, text } from './schema-text.ts';

/** Only what the page shows. */
const operationSchema = z.object({
  operationId: z.string(),
  summary: z.string().default(''),
  description: z.string().default(''),
  tags: z.array(z.string()).default([]),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false), description: z.string().default(''), schema: z.unknown() }))
    .default([]),
  requestBody: z
    .object({
      content: z.record(
        z.string(),
        z.object({ schema: z.unknown(), examples: z.record(z.string(), z.object({ summary: z.string().optional(), value: z.unknown() })).default({}) }),
      ),
    })
    .optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: z.record(z.string(), z.object({ schema: z.unknown() })).default({}) })),
});

const headersSchema = z.record(z.string(), z.object({ description: z.string() }));

type Shown = z.output<typeof operationSchema> & { method: string; path: string };

export function docsPage(document: ApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]): Shown => ({ ...operationSchema.parse(operation), method, path })),
  );
  const tags = (document.tags ?? []).map(({ name }) => name);
  const schemas = Object.entries(document.components?.schemas ?? {});
  const headers = Object.entries(headersSchema.parse(document.components?.headers));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dailies: HTTP API</title>
<style>${DOCS_STYLE}</style>
<header><h1>Dailies: HTTP API</h1><p>${text(document.info.description ?? '')}</p>
<p>Version ${text(document.info.version)} · for programs: <a href="/openapi.json">openapi.json</a></p></header>
<nav>${tags.map((tag) => `<section><h2>${text(tag)}</h2><ul>${operations.filter((one) => one.tags.includes(tag)).map(link).join('')}</ul></section>`).join('')}
<section><h2>More</h2><ul><li><a href="#shapes">Shapes</a></li><li><a href="#headers">Headers</a></li><li><a href="#problems">Problems</a></li></ul></section></nav>
<main>${operations.map(shownOperation).join('\n')}
<h2 id="shapes">Shapes</h2>
${schemas.map(([name, schema]) => `<section id="shape-${text(name)}"><h3>${text(name)}</h3>${schemaText(schema)}</section>`).join('\n')}
<h2 id="headers">Headers of answers</h2>
<dl>${headers.map(([name, { description }]) => `<dt><code>${text(name)}</code></dt><dd>${text(description)}</dd>`).join('')}</dl>
<h2 id="problems">Problems</h2>
<p>Everything that is refused is answered as application/problem+json. <code>code</code> is for programs:</p>
<dl>${Object.entries(PROBLEM_CODES).map(([code, about]) => `<dt id="problem-${code}"><code>${code}</code></dt><dd>${text(about)}</dd>`).join('')}</dl>
</main>
</html>
`;
}

function link({ operationId, summary }: Shown): string {
  return `<li><a href="#${text(operationId)}">${text(summary)}</a></li>`;
}

function shownOperation({ operationId, method, path, summary, description, parameters, requestBody, responses }: Shown): string {
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema, examples }]) => `<h4>Body: ${text(type)}</h4>${schemaText(schema)}${Object.values(examples).map(example).join('')}`,
  );
  const rows = parameters.map(
    ({ name, in: place, required, description: about }) =>
      `<tr><td><code>${text(name)}</code></td><td>${text(place)}${required ? ', required' : ''}</td><td>${text(about)}</td></tr>`,
  );
  return `<section id="${text(operationId)}"><h3><span class="method ${text(method)}">${text(method.toUpperCase())}</span> <code>${text(path)}</code></h3>
<p><strong>${text(summary)}</strong></p>${description.split('\n\n').map((part) => `<p>${text(part)}</p>`).join('')}
${rows.length === 0 ? '' : `<table><thead><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table>`}
${bodies.join('')}
<h4>Answers</h4><table><tbody>${Object.entries(responses).map(answer).join('')}</tbody></table></section>`;
}

function answer([status, { description, content }]: [string, Shown['responses'][string]]): string {
  const shapes = Object.entries(content).map(([type, { schema }]) => (type === 'application/json' ? schemaText(schema) : text(type)));
  return `<tr><td><code>${text(status)}</code></td><td>${text(description)}</td><td>${shapes.join(' ')}</td></tr>`;
}

function example({ summary, value }: { summary?: string | undefined; value: unknown }): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return `<figure>${summary === undefined ? '' : `<figcaption>${text(summary)}</figcaption>`}<pre>${text(shown)}</pre></figure>`;
}
