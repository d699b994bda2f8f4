import type { ErrorRow } from './error-row.ts';

/** Kling's own error codes with their HTTP status. 429 has six meanings: only the code tells them apart. */
export const KLING_ROWS: Readonly<Record<string, ErrorRow>> = {
  '1000': row(401, 1000, 'Authentication failed'),
  '1001': row(401, 1001, 'Authorization is empty'),
  '1002': row(401, 1002, 'Authorization is invalid'),
  '1003': row(401, 1003, 'Authorization is not yet valid'),
  '1004': row(401, 1004, 'Authorization has expired'),
  '1100': row(429, 1100, 'Account exception'),
  '1101': row(429, 1101, 'Account in arrears'),
  '1102': row(429, 1102, 'Account balance not enough'),
  '1103': row(403, 1103, 'Unauthorized access to requested resource'),
  '1200': row(400, 1200, 'Invalid request parameters'),
  '1201': row(400, 1201, 'Invalid parameters'),
  '1202': row(404, 1202, 'The requested method is invalid'),
  '1203': row(404, 1203, 'The requested resource does not exist'),
  '1300': row(400, 1300, 'Trigger strategy of the platform'),
  '1301': row(400, 1301, 'Trigger the content security policy of the platform'),
  '1302': row(429, 1302, 'API request too fast'),
  '1303': row(429, 1303, 'parallel task over resource pack limit'),
  '1304': row(429, 1304, 'Trigger the IP whitelisting policy of the platform'),
  '5000': row(500, 5000, 'Server internal error'),
  '5001': row(503, 5001, 'Server temporarily unavailable'),
  '5002': row(504, 5002, 'Server internal timeout'),
};

function row(status: number, code: number, text: string): ErrorRow {
  return { status, body: (requestId, message) => ({ code, message: message ?? text, request_id: requestId }) };
}
