/**
 * An object without its undefined fields: what JSON would keep of it, and what may be laid over defaults.
 */
export function definedOnly<T extends object>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
