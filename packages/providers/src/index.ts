export { createUpstreamHttp, type UpstreamHttpOptions } from './http/create-upstream-http.ts';
export { retryAfter } from './http/retry-after.ts';
export type { UpstreamAnswer, UpstreamHttp, UpstreamRequest } from './http/upstream-http.ts';
export { MOST_NAMED } from './ask.ts';
export { definedOnly } from './defined-only.ts';
export { nearest } from './nearest.ts';
export type {
  AccountAccess,
  Ask,
  Asset,
  Call,
  CallbackHint,
  Failure,
  FailureKind,
  FindCall,
  Found,
  Json,
  Pace,
  Progress,
  Provider,
  ProviderName,
  SubmitCall,
  Succeeded,
  Task,
} from './provider.ts';
export { type ErrorDetails, type ErrorKind, OUTCOME, ProviderError } from './provider-error.ts';
export { PROVIDER_NAMES } from './provider.ts';
export { PROVIDERS } from './registry.ts';
