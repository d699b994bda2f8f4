import { html, json, type Answer } from '../answer.ts';
import type { Delivery } from '../delivery.ts';
import { upstreamAccount, type ProviderAccount, type ProviderName } from '../task.ts';
import { errorRow, isErrorRow } from './error-rows.ts';
import type { Fault } from './fault.ts';

/**
 * What can go wrong between an upstream and its client, whatever the upstream. `accepts` is whether a paid order goes through
 * all the same; `accepted` in a fault overrides it. `answer` is what the upstream would have said, where it was asked.
 */
export const API_FAULTS: Readonly<Record<string, ApiFault>> = {
  '500': page(500, 'Internal Server Error'),
  '502': page(502, 'Bad Gateway'),
  '503': page(503, 'Service Unavailable'),
  '504': page(504, 'Gateway Timeout'),
  '408': page(408, 'Request Timeout'),
  '409': page(409, 'Conflict'),
  '429-html': page(429, 'Too Many Requests'),
  'html-502': page(502, 'Bad Gateway'),
  'html-200': { accepts: true, deliver: () => send(html(200, 'Just a moment...')) },
  'truncated-json': { accepts: true, deliver: (_fault, { answer }) => send({ ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) }) },
  'empty-200': { accepts: true, deliver: (_fault, { answer }) => send({ ...answer, status: 200, body: '' }) },
  'reset-before-read': { accepts: false, deliver: () => ({ how: 'reset' }) },
  'reset-after-read': { accepts: true, deliver: () => ({ how: 'reset' }) },
  'reset-after-read-not-accepted': { accepts: false, deliver: () => ({ how: 'reset' }) },
  'silence': { accepts: false, deliver: () => ({ how: 'silence' }) },
  'slow-drip': { accepts: true, deliver: ({ ms = 200 }, { answer }) => ({ how: 'drip', answer, everyMs: ms }) },
  'late-answer': { accepts: true, deliver: ({ ms = 30_000 }, { answer }) => ({ how: 'send', answer, delayMs: ms }) },
  'redirect': {
    accepts: false,
    deliver: ({ url }, { elsewhere }) => send({ status: 302, headers: { location: url ?? elsewhere }, body: '' }),
  },
  'retry-after-seconds': refusal('rate', ({ ms = 2000 }) => ({ 'retry-after': String(Math.ceil(ms / 1000)) })),
  'retry-after-ms': refusal('rate', ({ ms = 2000 }) => ({ 'retry-after-ms': String(ms) })),
  'retry-after-date': refusal('rate', ({ ms = 2000 }) => ({ 'retry-after': new Date(Date.now() + ms).toUTCString() })),
  'slots-retry-after-ms': refusal('slots', ({ ms = 2000 }) => ({ 'retry-after-ms': String(ms) })),
};

/** The fault of this name, an error row included; undefined for those that happen to a task, not to an answer. */
export function apiFault(what: string): ApiFault | undefined {
  if (Object.hasOwn(API_FAULTS, what)) return API_FAULTS[what];
  return isErrorRow(what) ? { accepts: false, deliver: ({ reason, ms }) => ({ how: 'send', answer: errorRow(what, reason), delayMs: ms }) } : undefined;
}

export interface ApiFault {
  readonly accepts: boolean;
  deliver(fault: Fault, scene: Scene): Delivery;
}

interface Scene {
  readonly provider: ProviderName;
  readonly answer: Answer;
  /** An address on the asset origin, where a key that follows a redirect is seen. */
  readonly elsewhere: string;
}

/** What an answer is made from when the upstream was not asked. */
export const NO_ANSWER: Answer = json(200, {});

/** Allegro has one for both. */
const REFUSALS: Readonly<Record<'rate' | 'slots', Readonly<Record<ProviderAccount, string>>>> = {
  rate: { allegro: 'allegro:429', kling: 'kling:1302', acedata: 'acedata:too_many_requests' },
  slots: { allegro: 'allegro:429', kling: 'kling:1303', acedata: 'acedata:rate_limited' },
};

function page(status: number, title: string): ApiFault {
  return { accepts: false, deliver: () => send(html(status, `${status} ${title}`)) };
}

function refusal(why: keyof typeof REFUSALS, headers: (fault: Fault) => Record<string, string>): ApiFault {
  return {
    accepts: false,
    deliver: (fault, { provider }) => {
      const answer = errorRow(REFUSALS[why][upstreamAccount(provider)]);
      return send({ ...answer, headers: { ...answer.headers, ...headers(fault) } });
    },
  };
}

function send(answer: Answer): Delivery {
  return { how: 'send', answer };
}
