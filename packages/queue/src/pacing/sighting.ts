/**
 * What one finished task tells of how long its like takes: it was done after one age and by another, an age being the milliseconds since its submit
 * was accepted. Written as four hexadecimal digits, two for each end, of 255 ages that grow by 5 % (50 ms to 3.3 hours): a few hundred sightings
 * are a few hundred bytes, and those of several workers are merged by standing one after the other. The scale is on the wire: another one needs
 * another key.
 */
export interface Sighting {
  /** The age of the last look that found it pending; 0: there was none. */
  afterMs: number;
  /** The age of the look that found it done. */
  byMs: number;
}

export const AGES = 256;
const FIRST_MS = 50;
const STEP = Math.log(1.05);
const DIGITS = 4;

/** Age number 0 is the submit itself. */
export function ageMs(index: number): number {
  return index <= 0 ? 0 : FIRST_MS * Math.exp((index - 1) * STEP);
}

/** The number of the nearest age. */
export function ageIndex(milliseconds: number): number {
  if (!(milliseconds > FIRST_MS / 2)) return 0;
  return Math.min(AGES - 1, Math.max(1, 1 + Math.round(Math.log(milliseconds / FIRST_MS) / STEP)));
}

/** The numbers of its two ages, the second always above the first: what falls between two ages takes both. */
export function agesOf({ afterMs, byMs }: Sighting): [after: number, by: number] {
  const after = ageIndex(afterMs);
  const by = ageIndex(byMs);
  if (by > after) return [after, by];
  const above = (afterMs + byMs) / 2 > ageMs(after) ? after + 1 : after;
  const upper = Math.min(AGES - 1, Math.max(1, above));
  return [upper - 1, upper];
}

export function encodeSightings(sightings: readonly Sighting[]): string {
  return sightings.flatMap(agesOf).map((index) => index.toString(16).padStart(2, '0')).join('');
}

/** What cannot be a sighting is left out. The text is read from its end, where new sightings are added, so that rubbish before them spoils none of them. */
export function decodeSightings(text: string): Sighting[] {
  const found: Sighting[] = [];
  for (let at = text.length % DIGITS; at < text.length; at += DIGITS) {
    const digits = text.slice(at, at + DIGITS);
    if (!/^[\da-f]{4}$/.test(digits)) continue;
    const [after, by] = [Number.parseInt(digits.slice(0, 2), 16), Number.parseInt(digits.slice(2), 16)];
    if (after < by) found.push({ afterMs: ageMs(after), byMs: ageMs(by) });
  }
  return found;
}
