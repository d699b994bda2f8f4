/** The worker: submit → poll → download, and the batch folders. */
export { createWorker, type WorkerOptions, type WorkerService } from './worker.ts';
export { foreignPages } from './folder/foreign-pages.ts';
export { readManifest } from './folder/manifest.ts';
export { writePages } from './folder/write-pages.ts';
