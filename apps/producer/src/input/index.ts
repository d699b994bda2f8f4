/** What goes into the queue out of prompt files, and what is wrong with it. */
export { defaultBatchName, isOfSameFileName, legalStem } from './batch-name.ts';
export { type Fault, formatFaults } from './fault.ts';
export { type PromptItem, readPromptFile } from './read-prompt-file.ts';
/** @public */
export type { InputOptions, InputResult } from './read-prompt-file.ts';
