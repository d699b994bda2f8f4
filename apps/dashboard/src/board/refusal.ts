/** An action that the rules do not allow. Its words are for the person who clicked; Bull Board shows title and message as a toast. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly title: string;

  constructor(message: string, title = 'Refused') {
    super(message);
    this.title = title;
  }
}

/** For bulk actions, which skip what they may not do. Other errors are thrown on. */
export function skipRefused(error: unknown): false {
  if (error instanceof Refusal) return false;
  throw error;
}
