/** Where results live: a folder or an S3-compatible bucket behind one interface. Knows no queue and no HTTP face. */
export type { BucketSettings } from './bucket/bucket-client.ts';
export type { ProbeFinding } from './bucket/probe.ts';
export { copyResult } from './copy.ts';
export { filesAreWhole, unlessUnseen } from './files-are-whole.ts';
export { eitherSignal } from './either-signal.ts';
export { claimFolder, isSimulatedFolder } from './folder/claim-folder.ts';
export { openFolderStore } from './folder/folder-store.ts';
export { makePath } from './folder/make-path.ts';
export { contentTypeOf, sizeFrom, tagsOf } from './media-tags.ts';
export { bucketAndPrefix, bucketPlace, fileIn, isBucketPlace } from './places.ts';
export { mayBe, type Part, type Reading, type ResultFacts, type ResultStore, type Standing, type Unwanted } from './result-store.ts';
export { openResults, probeBucket, type Results } from './results.ts';
export { StoreError, codeOf, diskFault } from './store-error.ts';
