/** What is wrong with one field of a request, said so that a person can mend it: which field, what, and what to do. */
export interface FieldFault {
  /** As it is written: `prompt`, `params.duration`. Null: the request as a whole. */
  field: string | null;
  message: string;
  remedy: string;
}

/** A value as it is quoted in a message: short, and never by walking into it, however deep it is. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const LONGEST_QUOTE = 60;
