/** The OpenAPI document as a judge: whether an answer is one that it shows for this operation. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';

const documentSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z
          .array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().default(false), schema: z.record(z.string(), z.unknown()) }))
          .default([]),
        requestBody: z
          .looseObject({
            content: z.record(
              z.string(),
              z.looseObject({ schema: z.unknown(), examples: z.record(z.string(), z.looseObject({ value: z.unknown() })).default({}) }),
            ),
          })
          .optional(),
        responses: z.record(z.string(), z.looseObject({ headers: z.record(z.string(), z.unknown()).default({}), content: z.record(z.string(), z.looseObject({ schema: z.unknown() })).default({}) })),
      }),
    ),
  ),
});

/** Of HTTP itself, which every answer may have, and those that tell browsers what to forbid. */
const NOT_OURS = new Set([
  'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding', 'vary',
  'content-security-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'origin-agent-cluster', 'referrer-policy', 'strict-transport-security',
  'x-content-type-options', 'x-dns-prefetch-control', 'x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-xss-protection',
]);

type Document = z.output<typeof documentSchema>;
export type DocumentedOperation = Document['paths'][string][string] & { method: string; path: string };

export interface SchemaCheck {
  operations: DocumentedOperation[];
  /** What is wrong with this answer; null: it is as documented. */
  faultOf(operation: DocumentedOperation, status: number, headers: Headers, text: string): string | null;
  /** Whether a value fits a schema of the document. */
  fits(schema: unknown, value: unknown): boolean;
}

export function checkAgainst(found: unknown): SchemaCheck {
  const document = documentSchema.parse(found);
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<unknown, ValidateFunction>();
  const compile = (schema: unknown): ValidateFunction => {
    const known = compiled.get(schema) ?? ajv.compile(rebased(schema));
    compiled.set(schema, known);
    return known;
  };
  return {
    operations: Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ ...operation, method, path }))),
    faultOf({ operationId, responses }, status, headers, text) {
      const response = responses[String(status)];
      if (response === undefined) return `${operationId} answers ${status}, which is not in the document: ${text.slice(0, 300)}`;
      const described = new Set(Object.keys(response.headers).map((name) => name.toLowerCase()));
      const unsaid = [...headers.keys()].filter((name) => !described.has(name) && !NOT_OURS.has(name));
      if (unsaid.length > 0) return `${operationId} ${status} has headers that are not in the document: ${unsaid.join(', ')}`;
      const plain = headers.get('content-type')?.split(';')[0] ?? '';
      const documented = Object.entries(response.content);
      if (documented.length === 0) return text === '' ? null : `${operationId} ${status} has a body that is not in the document`;
      const content = documented.find(([wanted]) => wanted === plain || (wanted.endsWith('/*') && plain.startsWith(wanted.slice(0, -1))))?.[1];
      if (content === undefined) return `${operationId} ${status} is ${plain}, which is not in the document`;
      if (!/json/.test(plain)) return null;
      const validate = compile(content.schema);
      return validate(JSON.parse(text)) ? null : `${operationId} ${status} is not as documented: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 500)}`;
    },
    fits: (schema, value) => compile(schema)(value),
  };
}

/** `#/components/…` means the document, wherever the schema is compiled. */
function rebased(schema: unknown): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as object;
}
