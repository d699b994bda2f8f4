/** What is said of a name that is neither a batch nor a generation. */
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../test/support/ledger.ts';
import { findByName } from './lookup.ts';

test('whoever names the file instead of the batch is told which batches were made of it', async () => {
  const { store } = openTestLedger();
  for (const batch of ['prompts-aaaaaa', 'prompts-2-bbbbbb', 'prompts-cccccc']) await accept(store, batch, [newGeneration(`of-${batch}`)]);
  for (const name of ['prompts', 'prompts.txt', 'films/Prompts.txt', 'batch:prompts']) {
    await expect(findByName(store, name)).rejects.toThrow('Did you mean prompts-cccccc or prompts-aaaaaa?');
  }
  for (const name of ['prompt', 'id:prompts', '']) await expect(findByName(store, name)).rejects.toThrow('`dailies status` lists the batches.');
});
