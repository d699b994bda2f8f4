/** An action that the rules do not allow, in words for the person who clicked it. Bull Board shows title and message as a toast. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly title: string;

  constructor(message: string, title = 'Refused') {
    super(message);
    this.title = title;
  }
}

/** For bulk actions, which skip what they may not do. Everything else is passed on. */
export function skipRefused(error: unknown): false {
  if (error instanceof Refusal) return false;
  throw error;
}
