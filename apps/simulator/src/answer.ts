/** One HTTP answer of an upstream, before any fault has touched it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

export function html(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: [
      '<html>', `<head><title>${title}</title></head>`, '<body>', `<center><h1>${title}</h1></center>`, '<hr><center>nginx</center>', '</body>', '</html>', '',
    ].join('\r\n'),
  };
}

/** The same answer with this id as a bare number, as some gateways send it (2^53 is too small for it). */
export function withBareId(answer: Answer, id: string): Answer {
  return { ...answer, body: answer.body.replaceAll(`"${id}"`, id) };
}
