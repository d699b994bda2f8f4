/** The headers that restrict browsers. Answers may load nothing; the page of the documentation may load only what is served here. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        mediaSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Only a browser that came by https may be told to stay with it. Behind a proxy that ends TLS it did come by https.
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  });
}
