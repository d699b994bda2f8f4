/**
 * The search for marked secrets: where they may be, each place with its reason, and everything else that has one of them.
 */
import { marksIn, type Marks } from './marks.ts';
import type { PlacedText } from './redis-texts.ts';

export interface Allowed {
  place: RegExp;
  /** Names of marks. */
  marks: readonly string[];
  why: string;
}

/** What may be where, all of it private: fields of Redis that nobody shows. */
export const ALLOWED: readonly Allowed[] = [
  { place: /:g:[^ ]+ nonce$/, marks: ['nonce'], why: 'a callback and a look-up are known by it' },
  { place: /:g:[^ ]+ (ask|request)$/, marks: ['imageQuery'], why: 'the link of an image is what the upstream is given, in a later round too' },
  { place: /:g:[^ ]+ webhook$/, marks: ['webhookQuery'], why: 'where its events go' },
  { place: /:b:[^ ]+ webhook$/, marks: ['webhookQuery'], why: 'where its events go' },
  { place: /:we:evt_\w+ url$/, marks: ['webhookQuery'], why: 'an event that is still on its way' },
];
export const UNTIL_STORED: Allowed = {
  place: /:g:[^ ]+ assets$/,
  marks: ['signature of a link', 'expiry of a link'],
  why: 'the signed link, until its file is stored',
};

/** `place: mark` of everything that has no business there. */
export function findings(texts: readonly PlacedText[], marks: Marks, allowed: readonly Allowed[]): { place: string; mark: string; near: string }[] {
  const isAllowed = (place: string, mark: string): boolean =>
    allowed.some((one) => one.place.test(place) && one.marks.includes(mark.replace(/^nonce \d+$/, 'nonce')));
  return texts.flatMap(({ place, text }) =>
    marksIn(text, marks)
      .filter((mark) => !isAllowed(place, mark))
      .map((mark) => ({ place, mark, near: around(text, marks.get(mark)) })),
  );
}

function around(text: string, mark: string | RegExp | undefined): string {
  const at = mark === undefined ? -1 : typeof mark === 'string' ? text.indexOf(mark) : text.search(mark);
  return text.slice(Math.max(0, at - 120), at + 60);
}
