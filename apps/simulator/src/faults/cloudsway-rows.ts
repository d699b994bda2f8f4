import type { ErrorRow } from './error-row.ts';

/** The gateway's own errors, in front of Kling: `{"error":{code,message}}` without Kling's `code` and `data`, or plain HTML. */
export const CLOUDSWAY_ROWS: Readonly<Record<string, ErrorRow>> = {
  '400': row(400, '400', 'Bad request'),
  '400-filtered': row(400, '400', 'The response was filtered due to the prompt triggering content management policy'),
  'NO_BALANCER_ERROR': marker('NO_BALANCER_ERROR'),
  'NO_PROVIDER_ERROR': marker('NO_PROVIDER_ERROR'),
  'MODEL_TYPE_NOT_FOUND': marker('MODEL_TYPE_NOT_FOUND'),
  'AI_PASSAGEWAY_GROUP_IS_EMPTY_ERROR': marker('AI_PASSAGEWAY_GROUP_IS_EMPTY_ERROR'),
  'NO_PASSAGEWAY': marker('NO_PASSAGEWAY'),
  'NO_ENDPOINT': marker('NO_ENDPOINT'),
  'AI_IMAGE_QUALITY_ERROR': marker('AI_IMAGE_QUALITY_ERROR'),
  'AI_IMAGE_SIZE_ERROR': marker('AI_IMAGE_SIZE_ERROR'),
  '401': row(401, '401', 'Invalid access key'),
  '403-ip': row(403, '403', 'The IP address of the caller is not in the whitelist'),
  '403-html': { status: 403, html: '<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>' },
  '404': row(404, '404', 'The URL does not match the model type'),
  '409': row(409, '409', 'Resource modification conflict'),
  '429': row(429, '429', 'Too many requests'),
  '500': row(500, '500', 'Internal server error'),
  '503': row(503, '503', 'Service unavailable'),
  '504': row(504, '504', 'Gateway timeout'),
};

function marker(text: string): ErrorRow {
  return row(400, '400', text);
}

function row(status: number, code: string, text: string): ErrorRow {
  return { status, body: (_requestId, message) => ({ error: { code, message: message ?? text } }) };
}
