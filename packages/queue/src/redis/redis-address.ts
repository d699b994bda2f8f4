/**
 * What REDIS_URL may say: one server, a Sentinel group, or a Cluster. A fault in it is said in words at start, never as a connection that
 * does not come.
 *
 *   redis://user:pass@host:6379/0                                 rediss:// with TLS
 *   redis+sentinel://user:pass@h1:26379,h2:26379/master-name/0    login and database are those of the Redis servers; what the Sentinels
 *                                                                 want stands in the query: sentinel-user, sentinel-password, sentinel-tls
 *   redis+cluster://user:pass@h1:6379,h2:6379                     any of its nodes, the others are found
 */
interface Login {
  username?: string;
  password?: string;
}

interface Place {
  host: string;
  port: number;
}

interface Several {
  places: Place[];
  login: Login;
  tls: boolean;
}

export type RedisAddress =
  | { kind: 'standalone' }
  | ({ kind: 'sentinel'; master: string; database: number; sentinels: { login: Login; tls: boolean } } & Several)
  | ({ kind: 'cluster' } & Several);

class RedisUrlFault extends Error {
  override readonly name = 'RedisUrlFault';
}

export function readRedisUrl(url: string): RedisAddress {
  if (/\s/.test(url)) throw new RedisUrlFault('must be without blanks');
  const [, scheme = '', rest = ''] = /^(rediss?(?:\+sentinel|\+cluster)?):\/\/(.*)$/.exec(url) ?? [];
  if (scheme === '') throw new RedisUrlFault('must be redis://…, redis+sentinel://… or redis+cluster://…, with rediss instead of redis for TLS');
  if (!scheme.includes('+')) {
    if (/^[^/]*,/.test(rest)) throw new RedisUrlFault('names several servers: redis+sentinel:// or redis+cluster:// says which kind they are');
    if (!URL.canParse(url)) throw new RedisUrlFault('is not an address: is the password percent-encoded?');
    return { kind: 'standalone' };
  }
  const [address, query] = split(rest, '?');
  const [authority, path] = split(address, '/');
  const at = authority.lastIndexOf('@');
  const several = {
    places: readPlaces(authority.slice(at + 1), scheme.endsWith('+sentinel') ? SENTINEL_PORT : REDIS_PORT),
    login: at === -1 ? {} : readLogin(authority.slice(0, at)),
    tls: scheme.startsWith('rediss'),
  };
  return scheme.endsWith('+sentinel') ? readSentinel(several, path, query) : readCluster(several, path, query);
}

/** In words, or null. */
export function redisUrlFault(url: string): string | null {
  try {
    readRedisUrl(url);
    return null;
  } catch (error) {
    if (error instanceof RedisUrlFault) return error.message;
    throw error;
  }
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
const SENTINEL_OPTIONS = ['sentinel-user', 'sentinel-password', 'sentinel-tls'];

function readSentinel(several: Several, path: string, query: string): RedisAddress {
  const [master = '', database = '0', ...more] = path.split('/');
  if (master === '') throw new RedisUrlFault('must end with the name that the Sentinels watch the master under: redis+sentinel://host:26379/mymaster');
  if (more.length > 0 || !/^\d{1,5}$/.test(database || '0')) {
    throw new RedisUrlFault('may have nothing but the number of a database after the name of the master');
  }
  const options = readQuery(query, SENTINEL_OPTIONS);
  const tls = options.get('sentinel-tls') ?? (several.tls ? 'on' : 'off');
  if (tls !== 'on' && tls !== 'off') throw new RedisUrlFault('has a sentinel-tls that is neither on nor off');
  return {
    kind: 'sentinel',
    ...several,
    master: decoded(master),
    database: Number(database || '0'),
    sentinels: { login: login(options.get('sentinel-user') ?? '', options.get('sentinel-password') ?? ''), tls: tls === 'on' },
  };
}

function readCluster(several: Several, path: string, query: string): RedisAddress {
  if (!['', '0'].includes(path)) throw new RedisUrlFault('names a database, and a Redis Cluster has only one: leave it out');
  readQuery(query, []);
  return { kind: 'cluster', ...several };
}

function readPlaces(text: string, port: number): Place[] {
  return text.split(',').map((part) => {
    const [, six, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(part) ?? [];
    const host = six ?? name;
    if (host === undefined || Number(digits ?? port) > 65_535) {
      throw new RedisUrlFault('must name its servers as host:port with commas between; a password with @, / or ? in it must be percent-encoded');
    }
    return { host, port: Number(digits ?? port) };
  });
}

function readLogin(text: string): Login {
  const [username, password] = split(text, ':');
  return login(decoded(username), decoded(password));
}

function login(username: string, password: string): Login {
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function readQuery(query: string, known: readonly string[]): URLSearchParams {
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (!known.includes(name)) throw new RedisUrlFault(`has an option that is not known: ${name}${known.length === 0 ? '' : ` (${known.join(', ')} are)`}`);
  }
  return options;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlFault('has a % that begins no percent-encoded character: a % itself is %25');
  }
}

/** At the first one; the second part is empty when there is none. */
function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
