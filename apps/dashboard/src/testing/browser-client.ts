/** A client that behaves as a browser's page does: it keeps cookies, says its origin, and finds the token of the forms. */
export interface BrowserClient {
  get(route: string, headers?: Record<string, string>): Promise<{ status: number; location: string; body: string }>;
  /** A form of a page of ours; `token`: another than the session's. */
  post(route: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<{ status: number; location: string; body: string }>;
  /** A call as Bull Board's own page makes it. */
  call(method: string, route: string, headers?: Record<string, string>): Promise<{ status: number; location: string; body: string }>;
  signIn(name: string, password: string): Promise<number>;
  cookie(name: string): string;
}

export function openBrowserClient(url: string): BrowserClient {
  const cookies = new Map<string, string>();
  async function send(method: string, route: string, headers: Record<string, string>, body?: string) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${url}${route}`, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return { status: response.status, location: response.headers.get('location') ?? '', body: await response.text() };
  }
  const ours = { origin: url, 'sec-fetch-site': 'same-origin' };
  const client: BrowserClient = {
    get: (route, headers = {}) => send('GET', route, headers),
    post(route, fields = {}, headers = {}) {
      const form = new URLSearchParams({ _token: client.cookie('XSRF-TOKEN'), ...fields });
      return send('POST', route, { ...ours, 'content-type': 'application/x-www-form-urlencoded', ...headers }, form.toString());
    },
    call: (method, route, headers = {}) =>
      send(method, route, { ...ours, 'content-type': 'application/json', accept: 'application/json', 'x-xsrf-token': client.cookie('XSRF-TOKEN'), ...headers }),
    async signIn(name, password) {
      const { status } = await client.post('/login', { name, password });
      if (status === 303) await client.get('/audit');
      return status;
    },
    cookie: (name) => decodeURIComponent(cookies.get(name) ?? ''),
  };
  return client;
}
