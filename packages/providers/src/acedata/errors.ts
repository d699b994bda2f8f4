/**
 * AceData's error codes, from the pages of its services and its page on responses; `content_too_large` and `not_applied` from its own web client.
 * The code decides, not the HTTP status: `token_mismatched` comes with 400 and with 401, an empty balance with 403.
 * `duplication` is left to the status: AceData's own web client expects it where an API is applied for twice, and no page names it for a submit.
 */
import type { ErrorKind } from '../provider-error.ts';
import { objectOf, textOf } from '../http/json.ts';
import type { UpstreamErrors } from '../upstream-errors.ts';

const KINDS: Partial<Record<string, ErrorKind>> = {
  bad_request: 'rejected',
  api_not_implemented: 'rejected',
  content_too_large: 'rejected',
  forbidden: 'moderated',
  no_token: 'auth',
  invalid_token: 'auth',
  token_expired: 'auth',
  used_up: 'quota',
  token_mismatched: 'delisted',
  disabled: 'delisted',
  not_applied: 'delisted',
  no_api: 'configuration',
  too_many_requests: 'rate',
  rate_limited: 'slots',
  // The request may have been carried out before these errors were answered.
  api_error: 'ambiguous',
  timeout: 'ambiguous',
};

/** `others`: codes that have another meaning at one of the three services. */
export function aceDataErrors(title: string, others: typeof KINDS = {}): UpstreamErrors {
  return {
    title,
    // `error` decides, not `success`, which synchronous errors may lack. The error inside of a record is its task's, not the request's.
    read(body) {
      const { error } = body;
      if (body['response'] !== undefined || error === undefined || error === null) return undefined;
      const details = objectOf(error);
      return { code: textOf(details?.['code']), message: details ? details['message'] : error };
    },
    kind(error, status) {
      const known = error.code === undefined ? undefined : (others[error.code] ?? KINDS[error.code]);
      // AceData's own client takes a 403 with an unknown code for moderation.
      return known ?? (status === 403 ? 'moderated' : undefined);
    },
    requestId: (body) => textOf(body['trace_id']),
  };
}
