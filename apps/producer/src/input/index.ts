/** What goes into the queue, and what is wrong with it. `@public`: the path of single requests, which the CLI does not take. */
export { checkBatchName, defaultBatchName } from './batch-name.ts';
export { type Fault, formatFaults } from './fault.ts';
/** @public */
export { canonicalAsk, generationId } from './generation-id.ts';
/** @public */
export { openImages } from './images.ts';
/** @public */
export { type ItemContext, prepareItem, type PreparedItem } from './prepare-item.ts';
export { readPromptFile } from './read-prompt-file.ts';
/** @public */
export type { InputItem, InputOptions, InputResult } from './read-prompt-file.ts';
