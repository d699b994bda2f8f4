/** Searching the catalogue: words of the prompt, and filters that must all hold. Newest first, a page at a time, with the number of all. */
import { STATES, type State } from '../states.ts';
import { type Catalogue, METADATA_MARK } from './catalogue.ts';

export interface Search {
  /** Words that must all be in the prompt, the id or the metadata; a phrase in double quotes stays together. */
  text?: string | undefined;
  provider?: string | undefined;
  states?: readonly State[] | undefined;
  /** Empty: single requests, which are in no batch. */
  batch?: string | undefined;
  /** Failure kind. */
  kind?: string | undefined;
  /** Name of the API key. */
  createdBy?: string | undefined;
  /** `name=value`, exact but for case. */
  metadata?: string | undefined;
  /** Created at or after, and before: epoch milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface Found {
  /** How many there are in all. */
  total: number;
  ids: string[];
  /** Whether there are more after these. */
  more: boolean;
}

/** `after`: the id that the page before ended with. */
export function search(catalogue: Catalogue, wanted: Search, page: { size: number; after?: string | undefined }): Found {
  const matches = matcher(catalogue, wanted);
  const found: Found = { total: 0, ids: [], more: false };
  if (matches === null) return found;
  let open = page.after === undefined || !catalogue.has(page.after);
  for (const row of catalogue.newestFirst()) {
    if (matches(row)) {
      found.total += 1;
      if (open && found.ids.length < page.size) found.ids.push(catalogue.idOf(row));
      else if (open) found.more = true;
    }
    if (!open && catalogue.idOf(row) === page.after) open = true;
  }
  return found;
}

/** Null when nothing can match, since a name is unknown. */
function matcher(catalogue: Catalogue, wanted: Search): ((row: number) => boolean) | null {
  const provider = wanted.provider === undefined ? null : catalogue.providers.find(wanted.provider);
  const batch = wanted.batch === undefined ? null : catalogue.batches.find(wanted.batch);
  const kind = wanted.kind === undefined ? null : catalogue.kinds.find(wanted.kind);
  const creator = wanted.createdBy === undefined ? null : catalogue.creators.find(wanted.createdBy);
  if ([provider, batch, kind, creator].includes(undefined)) return null;
  const states = wanted.states === undefined || wanted.states.length === 0 ? null : new Set(wanted.states.map((state) => STATES.indexOf(state)));
  const needles = needlesOf(wanted);
  const marks = needles.length === 0 ? null : catalogue.texts.search(needles);
  const { from = -Infinity, to = Infinity } = wanted;
  return (row) =>
    (marks === null || marks[row] === 1) &&
    (provider === null || catalogue.provider[row] === provider) &&
    (batch === null || catalogue.batch[row] === batch) &&
    (kind === null || catalogue.kind[row] === kind) &&
    (creator === null || catalogue.creator[row] === creator) &&
    (states === null || states.has(catalogue.state[row] ?? 0)) &&
    (catalogue.createdAt[row] ?? 0) >= from &&
    (catalogue.createdAt[row] ?? 0) < to;
}

function needlesOf({ text = '', metadata = '' }: Search): string[] {
  const words = [...text.matchAll(/"([^"]+)"|(\S+)/g)].map(([, phrase, word]) => phrase ?? word ?? '');
  return metadata.trim() === '' ? words : [...words, `${METADATA_MARK}${metadata.trim()}${METADATA_MARK}`];
}
