/** The upstreams of a configuration: the account of each, how many tasks it may have in flight, and its pace. */
import { PROVIDERS, type ProviderName } from '@dailies/providers';
import { isOfAceData } from './acedata.ts';
import type { Account, ProviderConfig } from './config.ts';
import type { Reader } from './reader.ts';
import type { Secret } from './secret.ts';
import { VARIABLES } from './variables.ts';

/** For those with an account of their own, where the variable says nothing. */
const STANDARD_IN_FLIGHT = 5;

export function readProvider(name: ProviderName, reader: Reader): ProviderConfig {
  const { amount, number, yes, fault } = reader;
  const prefix = name.toUpperCase();
  const maxInFlight = amount(`${prefix}_MAX_IN_FLIGHT`) ?? (isOfAceData(name) ? number('ACEDATA_MAX_IN_FLIGHT') : STANDARD_IN_FLIGHT);
  const provider = PROVIDERS[name];
  const { pace } = provider;
  const minMs = amount(`${prefix}_POLL_MIN_MS`) ?? pace.minMs;
  const maxMs = amount(`${prefix}_POLL_MAX_MS`) ?? Math.max(pace.maxMs, minMs);
  if (maxMs < minMs) fault(`${prefix}_POLL_MAX_MS: is less than the shortest pause of ${minMs} ms. Raise it, or lower ${prefix}_POLL_MIN_MS.`);
  return {
    name,
    account: accountOf(name, maxInFlight, reader),
    keyVariable: keyVariableOf(name, reader),
    maxInFlight,
    pace: {
      ...pace,
      firstPollMs: amount(`${prefix}_FIRST_POLL_MS`) ?? pace.firstPollMs,
      minMs,
      maxMs,
      deadlineMs: amount(`${prefix}_DEADLINE_MS`) ?? pace.deadlineMs,
    },
    resubmitAbsent: yes(`${prefix}_RESUBMIT_ABSENT`) ?? provider.find !== undefined,
  };
}

function accountOf(name: ProviderName, maxInFlight: number, reader: Reader): Account | null {
  if (isOfAceData(name)) return aceDataAccount(name, reader);
  return name === 'kling' ? klingAccount(maxInFlight, reader) : ownAccount(name, maxInFlight, reader);
}

function ownAccount(name: ProviderName, maxInFlight: number, { word, secretOf }: Reader): Account | null {
  const apiKey = secretOf(`${name.toUpperCase()}_API_KEY`);
  const baseUrl = word(`${name.toUpperCase()}_BASE_URL`);
  return apiKey === null || baseUrl === undefined ? null : account(name, baseUrl, apiKey, maxInFlight);
}

function klingAccount(maxInFlight: number, reader: Reader): Account | null {
  const own = ownAccount('kling', maxInFlight, reader);
  if (own === null) return null;
  const endpointPath = reader.word('KLING_ENDPOINT_PATH');
  if (endpointPath !== undefined) return { ...own, endpointPath };
  if (!reader.isSet('KLING_ENDPOINT_PATH')) {
    reader.fault(`KLING_ENDPOINT_PATH: is missing, but KLING_API_KEY is set. It is ${VARIABLES['KLING_ENDPOINT_PATH']?.about}.`);
  }
  return null;
}

/** The key that the three share, unless this one has its own: then it is an account of its own. */
function aceDataAccount(name: ProviderName, { word, number, secretOf }: Reader): Account | null {
  const own = secretOf(`${name.toUpperCase()}_API_KEY`);
  const apiKey = own ?? secretOf('ACEDATA_API_KEY');
  const baseUrl = word('ACEDATA_BASE_URL');
  if (apiKey === null || baseUrl === undefined) return null;
  const inertCallback = word('ACEDATA_INERT_CALLBACK') ?? new URL('/health', baseUrl).href;
  return { ...account(own === null ? 'acedata' : name, baseUrl, apiKey, number('ACEDATA_MAX_IN_FLIGHT')), inertCallback };
}

function account(name: string, baseUrl: string, apiKey: Secret, maxInFlight: number): Account {
  return { id: `${name}@${new URL(baseUrl).origin}`, name, baseUrl: baseUrl.replace(/\/+$/, ''), apiKey, maxInFlight };
}

function keyVariableOf(name: ProviderName, { word }: Reader): string {
  if (name === 'kling') return word('KLING_ENDPOINT_PATH') === undefined ? 'KLING_API_KEY and KLING_ENDPOINT_PATH' : 'KLING_API_KEY';
  return isOfAceData(name) ? 'ACEDATA_API_KEY' : `${name.toUpperCase()}_API_KEY`;
}
