/** Reads the query of a request by its schema. Unknown parameters are refused and named, never ignored. */
import { nearest } from '@dailies/providers';
import { quoted } from '@dailies/queue';
import type { Request } from 'express';
import type { z } from 'zod';
import { Problem, type ProblemError } from './problem.ts';

export function readQuery<Schema extends z.ZodObject>(request: Request, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(request.query);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const errors = result.error.issues.flatMap((issue): ProblemError[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => ({ field: name, message: `unknown parameter ${quoted(name)}`, remedy: remedyOf(name, known) }));
    }
    const name = String(issue.path[0] ?? '');
    return [{ field: name, message: issue.message, remedy: schema.shape[name]?.meta()?.description ?? 'See /docs' }];
  });
  throw new Problem(400, 'bad-query', 'The query of the address is not right.', { errors });
}

function remedyOf(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? 'Leave it out' : `Known: ${known.join(', ')}`;
}
