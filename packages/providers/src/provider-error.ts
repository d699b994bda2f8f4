/**
 * The one error class of the provider layer. Nobody above it looks at an HTTP status or a message: `kind` says what happened,
 * and `OUTCOME` says what that means for a paid submit and for a free poll.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ErrorKind;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Milliseconds the upstream asked us to wait, clamped. */
  readonly retryAfterMs: number | undefined;
  /** What is to be paused: the whole account, or this provider alone (an API that is not bought or was withdrawn). */
  readonly pauses: 'account' | 'provider' | undefined;
  /** For a refused submit: the upstream's message concerns the model that was asked for. It may be the same for all models. */
  readonly namesModel: boolean;
  /** For an ambiguous submit: it was refused because a task with its client id exists already, from an earlier submit of ours or somebody else's. */
  readonly idUsed: boolean;
  /** For an ambiguous submit: whether the exchange has certainly ended (an answer, the peer's reset, our own reset). */
  readonly endSeen: boolean;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message);
    this.kind = kind;
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.pauses = PAUSES[kind];
    this.namesModel = details.namesModel ?? false;
    this.idUsed = details.idUsed ?? false;
    this.endSeen = details.endSeen ?? true;
  }
}

export interface ErrorDetails {
  code?: string | undefined;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  namesModel?: boolean | undefined;
  idUsed?: boolean | undefined;
  /** Default: true. */
  endSeen?: boolean | undefined;
}

export type ErrorKind =
  /** The input is wrong. */
  | 'rejected'
  /** Content policy. */
  | 'moderated'
  /** Bad or expired key, unknown account. */
  | 'auth'
  /** Balance used up, arrears, resource pack empty. */
  | 'quota'
  /** The caller's IP address is not allowed. */
  | 'ip'
  /** Our configuration does not fit the upstream: wrong URL, wrong endpoint path, route does not exist. */
  | 'configuration'
  /** This API is not bought, disabled or withdrawn. */
  | 'delisted'
  /** Too many requests in a time. */
  | 'rate'
  /** All parallel tasks of the account are taken. */
  | 'slots'
  /** Nothing was sent: DNS, refused, TLS, or the send deadline had passed. */
  | 'unavailable'
  /** Sent, or maybe sent, and nobody knows the outcome. */
  | 'ambiguous'
  /** A free request brought no usable answer: 5xx, HTML, cut JSON, time-out. */
  | 'protocol'
  /** Aborted by us (shutdown) before anything was sent. */
  | 'aborted';

const PAUSES: Partial<Record<ErrorKind, 'account' | 'provider'>> = {
  auth: 'account',
  quota: 'account',
  ip: 'account',
  configuration: 'provider',
  delisted: 'provider',
};

/**
 * What a kind means. submit: `fail` ends the generation, `hold` pauses and keeps it queued, `wait` puts it back without using an attempt,
 * `ambiguous` must never be re-sent blindly. poll: a poll error never says anything about the video, so it is `wait` or `hold`.
 */
export const OUTCOME: Record<ErrorKind, { submit: 'fail' | 'hold' | 'wait' | 'ambiguous'; poll: 'hold' | 'wait' }> = {
  rejected: { submit: 'fail', poll: 'wait' },
  moderated: { submit: 'fail', poll: 'wait' },
  auth: { submit: 'hold', poll: 'hold' },
  quota: { submit: 'hold', poll: 'wait' },
  ip: { submit: 'hold', poll: 'hold' },
  configuration: { submit: 'hold', poll: 'hold' },
  delisted: { submit: 'hold', poll: 'wait' },
  rate: { submit: 'wait', poll: 'wait' },
  slots: { submit: 'wait', poll: 'wait' },
  unavailable: { submit: 'wait', poll: 'wait' },
  ambiguous: { submit: 'ambiguous', poll: 'wait' },
  protocol: { submit: 'ambiguous', poll: 'wait' },
  aborted: { submit: 'wait', poll: 'wait' },
};
