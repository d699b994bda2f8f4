/**
 * A request as services send it, over HTTP or from Node: that of a prompt line, and beside it `batch`. Never names a file of
 * this machine: images are links or `data:` URIs.
 */
import { checkBatchName } from './batch-name.ts';
import { type FieldFault, quoted } from './field-fault.ts';
import { isObject } from './own-fields.ts';
import { type ItemContext, type PreparedItem, prepareItem } from './prepare-item.ts';

export interface RequestContext extends ItemContext {
  /** The batch is named by the request itself; otherwise it must be the context's, where it is named at all. */
  single: boolean;
}

export interface PreparedRequest extends PreparedItem {
  batch: string | null;
}

export function prepareRequest(request: unknown, context: RequestContext): PreparedRequest | { faults: FieldFault[] } {
  if (!isObject(request)) {
    return { faults: [{ field: null, message: `must be an object, not ${quoted(request)}`, remedy: 'Write {"provider": "…", "prompt": "…"}' }] };
  }
  const { batch: named, ...fields } = request;
  const wrongBatch = checkBatch(named, context);
  const batch = context.single && typeof named === 'string' ? named : context.batch;
  const prepared = prepareItem(fields, { ...context, batch, beside: context.single ? ['batch'] : [] });
  const faults = [...wrongBatch, ...inexactFaults(fields['metadata']), ...('faults' in prepared ? prepared.faults : [])];
  if ('faults' in prepared || faults.length > 0) return { faults };
  return { ...prepared, batch };
}

/**
 * JSON carries numbers of any length, and JavaScript keeps sixteen digits: a receiver would get back the id of another order. A file that was taken with
 * such a number must go on to be taken, so this is asked of services alone.
 */
function inexactFaults(metadata: unknown): FieldFault[] {
  const inexact: number[] = [];
  try {
    JSON.stringify(metadata, (_name, value: unknown) => {
      if (typeof value === 'number' && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))) inexact.push(value);
      return value;
    });
  } catch {
    // What cannot be written is refused for that.
    return [];
  }
  if (inexact.length === 0) return [];
  return [{ field: 'metadata', message: `has a number that is too large to be kept exactly (read as ${inexact[0]})`, remedy: 'Send such numbers as text' }];
}

function checkBatch(named: unknown, { single, batch }: RequestContext): FieldFault[] {
  if (named === undefined || (!single && named === batch)) return [];
  if (!single) return [{ field: 'batch', message: `${quoted(named)} is not the batch that this is sent to`, remedy: 'Leave it out' }];
  const wrong = typeof named === 'string' ? checkBatchName(named) : `must be text, not ${quoted(named)}`;
  return wrong === null ? [] : [{ field: 'batch', message: wrong, remedy: 'Give a short name of small letters, or leave it out' }];
}
