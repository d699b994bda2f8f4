/** Where results live: a folder or an S3-compatible bucket behind one interface. Knows no queue and no HTTP face. */
export type { BucketSettings } from './bucket/bucket-client.ts';
export { sha256Of } from './checksum.ts';
export { freeBytesNear, openFolderStore, verifyFile } from './folder/folder-store.ts';
export { fileIn, isBucketPlace } from './places.ts';
export type { Part, Reading, ResultFacts, ResultStore, Standing } from './result-store.ts';
export { openResults, type Results } from './results.ts';
export { StoreError, codeOf, diskFault } from './store-error.ts';
