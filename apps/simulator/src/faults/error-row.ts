/** A body made anew for each answer, with a request id and, if one is given, a message of its own. */
export type ErrorRow =
  | { readonly status: number; body(requestId: string, message?: string): unknown }
  | { readonly status: number; readonly html: string };
