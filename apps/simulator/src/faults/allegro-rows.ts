import type { ErrorRow } from './error-row.ts';

/** Allegro publishes no error table: its envelope with a status that is not 0, and what HTTP itself says. */
export const ALLEGRO_ROWS: Readonly<Record<string, ErrorRow>> = {
  'status-1': envelope(200, 1, 'The prompt was refused'),
  'status-500': envelope(200, 500, 'Internal error'),
  'empty-data': { status: 200, body: () => ({ message: '成功', data: '', status: 0 }) },
  'null-data': { status: 200, body: () => ({ message: 'Success', data: null, status: 0 }) },
  'failed-text': {
    status: 200,
    body: () => ({ message: '成功', data: 'error: {"code":503,"type":"InternalServerException","message":"Prediction failed"}', status: 0 }),
  },
  '400': envelope(400, 400, 'Bad request'),
  '401': envelope(401, 401, 'Unauthorized'),
  '403': envelope(403, 403, 'Forbidden'),
  '429': envelope(429, 429, 'Too many requests'),
  '500': envelope(500, 500, 'Internal error'),
  '503': envelope(503, 503, 'Service unavailable'),
};

function envelope(http: number, status: number, text: string): ErrorRow {
  return { status: http, body: (_requestId, message) => ({ message: message ?? text, data: '', status }) };
}
