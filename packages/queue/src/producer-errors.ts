/** What a producer throws where a request is refused. Nothing was accepted then. */
import type { FieldFault } from './intake/field-fault.ts';

export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  /** `item`: which of a batch, from 0. */
  readonly faults: readonly (FieldFault & { item: number })[];

  constructor(faults: readonly (FieldFault & { item: number })[]) {
    super(faults.map(({ item, field, message, remedy }) => `request ${item}: ${field ?? ''}${field === null ? '' : ': '}${message}. ${remedy}`).join('\n'));
    this.faults = faults;
  }
}

/** These ids stand for other requests already. Nothing was accepted. */
export class IdTaken extends Error {
  override readonly name = 'IdTaken';
}
