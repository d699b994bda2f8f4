/** The HTTP API: puts work in, reads it back. */
export { createApi, type ApiService } from './api.ts';
