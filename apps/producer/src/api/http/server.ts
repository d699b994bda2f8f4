/** The HTTP server of the API, with its limits against callers that are slow or send too much. */
import { createServer, type RequestListener, type Server } from 'node:http';

export function createLimitedServer(application: RequestListener): Server {
  const server = createServer(
    {
      // In milliseconds. A body of 64 MB has to come within two minutes; heads at once.
      requestTimeout: 120_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
      // In bytes.
      maxHeaderSize: 16_384,
      // It is asked for where the answer can say so (unreadable.ts).
      requireHostHeader: false,
    },
    application,
  );
  // As many as fit into that size. Node leaves out headers beyond a count and says nothing: without its Idempotency-Key a request would be paid for again.
  server.maxHeadersCount = 0;
  return server;
}
