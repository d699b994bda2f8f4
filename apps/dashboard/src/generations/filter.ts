/**
 * The filter of the list of generations: read from a query string, written into one, and put into words. What cannot be read (a word that is no
 * state, a time that is none) stays in it and finds nothing. Left out, it would find more than was meant, and actions on all that was found go by it.
 */
import type { Search, State } from '@dailies/queue';
import type { Request } from 'express';
import { textOf, textsOf } from '../http/form.ts';

export interface Filter extends Search {
  /** The upstream's own task id, exact. */
  task?: string | undefined;
}

export function filterOf(query: Request['query']): Filter {
  const text = (name: string): string | undefined => textOf(query[name]) || undefined;
  const minutes = Number(text('tz')) || 0;
  const states = textsOf(query['state']) as State[];
  return {
    text: text('q'),
    provider: text('provider'),
    states: states.length === 0 ? undefined : states,
    batch: text('batch') === SINGLES ? '' : text('batch'),
    kind: text('kind'),
    createdBy: text('by'),
    metadata: text('meta'),
    task: text('task'),
    from: moment(text('from'), minutes),
    to: moment(text('to'), minutes),
  };
}

/** The value of `batch` for single requests, which are in no batch. */
export const SINGLES = '_single';

/** The filter as a query string. */
export function filterQuery(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') query.append(name, value);
  };
  put('q', filter.text);
  put('provider', filter.provider);
  for (const state of filter.states ?? []) put('state', state);
  put('batch', filter.batch === '' ? SINGLES : filter.batch);
  put('kind', filter.kind);
  put('by', filter.createdBy);
  put('meta', filter.metadata);
  put('task', filter.task);
  put('from', isoOf(filter.from));
  put('to', isoOf(filter.to));
  return query;
}

export function filterWords(filter: Filter): string {
  const words = [...filterQuery(filter)].map(([name, value]) => `${NAMES[name] ?? name} ${value}`);
  return words.length === 0 ? 'all generations' : words.join(', ');
}

const NAMES: Record<string, string> = { q: 'text', by: 'API key', meta: 'metadata', kind: 'failure' };

function isoOf(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  return Number.isNaN(at) ? 'unreadable' : new Date(at).toISOString();
}

/** Reads a time with its zone, or a local one as a form sends it, which is `minutes` behind UTC. NaN: it is none. */
function moment(text: string | undefined, minutes: number): number | undefined {
  if (text === undefined) return undefined;
  const isLocal = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  return new Date(Date.parse(isLocal ? `${text}Z` : text) + (isLocal ? minutes * 60_000 : 0)).getTime();
}
