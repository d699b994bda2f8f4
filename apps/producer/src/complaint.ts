/**
 * What a person did or has to do something about: one line (or a few), no stack. Everything else that is thrown is a fault of ours.
 */
export class Complaint extends Error {
  override readonly name = 'Complaint';
  readonly exitCode: number;

  /** 2: bad usage or input, nothing was done. 1: it was tried and did not work. */
  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
