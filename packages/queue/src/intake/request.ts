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
  const prepared = prepareItem(fields, { ...context, batch });
  const faults = [...wrongBatch, ...('faults' in prepared ? prepared.faults : [])];
  if ('faults' in prepared || faults.length > 0) return { faults };
  return { ...prepared, batch };
}

function checkBatch(named: unknown, { single, batch }: RequestContext): FieldFault[] {
  if (named === undefined || (!single && named === batch)) return [];
  if (!single) return [{ field: 'batch', message: `${quoted(named)} is not the batch that this is sent to`, remedy: 'Leave it out' }];
  const wrong = typeof named === 'string' ? checkBatchName(named) : `must be text, not ${quoted(named)}`;
  return wrong === null ? [] : [{ field: 'batch', message: wrong, remedy: 'Give a short name of small letters, or leave it out' }];
}
