/**
 * The two laws of HTTP towards an upstream: a paid request and a free one.
 */
export interface UpstreamHttp {
  /** Paid: a fresh connection, one exchange, never a redirect, never a retry; ended by RST on our own time-out. */
  paid(request: UpstreamRequest & { maySend: () => boolean }): Promise<UpstreamAnswer>;
  /** Free: keep-alive, one exchange, never a redirect. */
  free(request: UpstreamRequest): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

export interface UpstreamRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface UpstreamAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** At most a few MiB. */
  text: string;
}
