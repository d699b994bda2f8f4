/** What the doctor found out: fine, worth knowing, or wrong. Whatever is wrong says what to do. */
export interface Finding {
  level: 'ok' | 'warn' | 'error';
  about: 'redis' | 'keys' | 'upstream' | 'clock' | 'disk' | 'bucket' | 'pauses' | 'workers' | 'webhooks' | 'configuration';
  what: string;
  remedy?: string | undefined;
}

export function findingText({ level, about, what, remedy }: Finding): string {
  const mark = { ok: 'ok   ', warn: 'note ', error: 'WRONG' }[level];
  return `${mark}  ${about.padEnd(8)}  ${what}${remedy === undefined ? '' : `\n       ${' '.repeat(8)}  → ${remedy}`}\n`;
}
