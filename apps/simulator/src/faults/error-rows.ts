import { randomUUID } from 'node:crypto';
import { json, type Answer } from '../answer.ts';
import { ACEDATA_ROWS } from './acedata-rows.ts';
import { ALLEGRO_ROWS } from './allegro-rows.ts';
import { CLOUDSWAY_ROWS } from './cloudsway-rows.ts';
import type { ErrorRow } from './error-row.ts';
import { KLING_ROWS } from './kling-rows.ts';

/**
 * Every documented error of every vendor, by name: `kling:1303`, `acedata:used_up`, `cloudsway:403-ip`, `allegro:status-1`.
 * `@` changes the HTTP status where the vendors' pages disagree: `acedata:token_mismatched@401`, `kling:1303@200`.
 */
export function errorRow(name: string, message?: string): Answer {
  const row = findRow(name);
  if (row === undefined) throw new Error(`There is no error row ${name}. The rows are: ${errorRowNames().join(', ')}.`);
  return 'html' in row
    ? { status: row.status, headers: { 'content-type': 'text/html' }, body: row.html }
    : json(row.status, row.body(randomUUID(), message));
}

export function isErrorRow(name: string): boolean {
  return findRow(name) !== undefined;
}

export function errorRowNames(): string[] {
  return Object.entries(VENDORS).flatMap(([vendor, rows]) => Object.keys(rows).map((code) => `${vendor}:${code}`));
}

const VENDORS: Readonly<Record<string, Readonly<Record<string, ErrorRow>>>> = {
  allegro: ALLEGRO_ROWS, kling: KLING_ROWS, cloudsway: CLOUDSWAY_ROWS, acedata: ACEDATA_ROWS,
};

function findRow(name: string): ErrorRow | undefined {
  const [, vendor = '', code = '', status] = /^([a-z]+):([^@]+)(?:@(\d{3}))?$/.exec(name) ?? [];
  const rows = VENDORS[vendor];
  const row = rows !== undefined && Object.hasOwn(rows, code) ? rows[code] : undefined;
  return row === undefined || status === undefined ? row : { ...row, status: Number(status) };
}
