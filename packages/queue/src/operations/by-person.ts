/**
 * The `by` of a person's change. It is unique for each call, so that a script that is sent again recognises itself; and by its form an event is known to
 * be a person's (ledger/events/newest-event.ts).
 */
export function byPerson(round: number): string {
  return `${round}.person-${crypto.randomUUID()}`;
}
