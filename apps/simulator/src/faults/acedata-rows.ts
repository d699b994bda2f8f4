import type { ErrorRow } from './error-row.ts';

/**
 * AceData's synchronous errors. The older pages put `success: false` into the body, the newer specification does not:
 * both are here, as published. The status of the last group is not published; the plainest one is used.
 */
export const ACEDATA_ROWS: Readonly<Record<string, ErrorRow>> = {
  bad_request: plain(400, 'bad_request', 'model is invalid.'),
  token_mismatched: flagged(400, 'token_mismatched', 'The specified token is not matched with the API.'),
  api_not_implemented: flagged(400, 'api_not_implemented', 'The specified action is not implemented.'),
  no_token: plain(400, 'no_token', 'No token is specified in the request.'),
  disabled: plain(400, 'disabled', 'The API or the application is disabled.'),
  invalid_token: flagged(401, 'invalid_token', 'The specified token is invalid.'),
  token_expired: plain(401, 'token_expired', 'The specified token has expired.'),
  used_up: plain(403, 'used_up', 'The balance of the application is used up.'),
  forbidden: plain(403, 'forbidden', 'The request was refused by content moderation.'),
  no_api: plain(404, 'no_api', 'The specified API does not exist.'),
  too_many_requests: flagged(429, 'too_many_requests', 'Too many requests, you have exceeded the rate limit.'),
  rate_limited: flagged(429, 'rate_limited', 'Concurrency limit exceeded for this token.'),
  api_error: flagged(500, 'api_error', 'fetch failed'),
  no_channel: flagged(500, 'api_error', 'no channel available for minimax-t2v'),
  timeout: plain(504, 'timeout', 'The request timed out.'),
  error_text: { status: 500, body: () => ({ error: 'upstream failed' }) },
  error_null: { status: 500, body: () => ({ success: false, error: null }) },
  duplication: plain(400, 'duplication', 'The request is a duplicate.'),
  busy: plain(429, 'busy', 'The service is busy.'),
  canceled: plain(400, 'canceled', 'The request was canceled.'),
  content_too_large: plain(413, 'content_too_large', 'The content is too large.'),
  not_applied: plain(403, 'not_applied', 'The API was not applied for.'),
  unknown: plain(500, 'unknown', 'Unknown error.'),
};

function plain(status: number, code: string, text: string): ErrorRow {
  return { status, body: (requestId, message) => ({ error: { code, message: message ?? text }, trace_id: requestId }) };
}

function flagged(status: number, code: string, text: string): ErrorRow {
  return { status, body: (requestId, message) => ({ success: false, error: { code, message: message ?? text }, trace_id: requestId }) };
}
