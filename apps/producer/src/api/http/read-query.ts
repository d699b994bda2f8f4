/** Reads the query of a request by its schema. Unknown parameters are refused and named, never ignored. The description of each is its remedy, too. */
import { nearest } from '@dailies/providers';
import { quoted } from '@dailies/queue';
import type { Request } from 'express';
import { z } from 'zod';
import { Problem, type ProblemError } from './problem.ts';

/** Of an operation that takes no parameters and may pay: `?dry_run=true` must not be ignored. */
export const NO_QUERY = z.strictObject({});

export function readQuery<Schema extends z.ZodObject>(request: Request, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(request.query);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const errors = result.error.issues.flatMap((issue): ProblemError[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => ({ field: name, message: `unknown parameter ${quoted(name)}`, remedy: remedyOf(name, known) }));
    }
    const name = String(issue.path[0] ?? '');
    const found = request.query[name];
    if (Array.isArray(found)) return [{ field: name, message: 'is given more than once', remedy: 'Give it once' }];
    return [{ field: name, message: wordsOf(issue, found), remedy: schema.shape[name]?.meta()?.description ?? 'See /docs' }];
  });
  throw new Problem(400, 'bad-query', 'The query of the address is not right.', { errors });
}

/** In our words where the schema has none of its own. */
function wordsOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (!/^(Invalid|Too (big|small))\b/.test(issue.message)) return issue.message;
  if (found === '') return 'is empty';
  return issue.code === 'too_big' ? `is longer than ${issue.maximum} characters` : `${quoted(found)} is not allowed`;
}

function remedyOf(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? 'Leave it out' : `Known: ${known.join(', ')}`;
}
