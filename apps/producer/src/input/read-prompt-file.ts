/**
 * A prompt file → the generations it asks for, and everything that is wrong with it, line by line. Nothing is enqueued here.
 *
 * What is wrong with an option, or with the set-up of a provider, is said once with the lines it concerns, not once a line.
 */
import {
  type Configured, countRepetitions, type FieldFault, openImages, ownIds, type PreparedItem, prepareItem, rememberParameters, type StoredImage,
  type WebhookRules,
} from '@dailies/queue';
import type { Fault } from './fault.ts';
import { type LineOptions, readOptions } from './options.ts';
import { sharedFaults } from './shared-faults.ts';
import { readLines } from './read-lines.ts';
import { readSource, type Source } from './source.ts';

export interface InputOptions extends LineOptions {
  batch: string;
  configured: Configured;
  webhooks?: WebhookRules | undefined;
}

export interface InputResult {
  items: PromptItem[];
  faults: Fault[];
  /** Worth mentioning, but no fault: how stdin was read, which lines are duplicates. */
  notes: string[];
}

/** A valid line, as the generation to create. */
export interface PromptItem extends PreparedItem {
  line: number;
  /** To be stored before the generation is created. The same object wherever the content is the same. */
  images: StoredImage[];
}

export async function readPromptFile(source: Source, options: InputOptions): Promise<InputResult> {
  const content = await readSource(source);
  if ('message' in content) return { items: [], faults: [{ line: null, ...content }], notes: [] };
  const { lines, faults, notes } = readLines(content);
  const parameters = rememberParameters();
  const { merge, faults: optionFaults } = readOptions(options, parameters);
  faults.push(...optionFaults);

  const shared = sharedFaults();
  const ids = ownIds();
  const context = {
    batch: options.batch,
    images: openImages(content.folder),
    configured: options.configured,
    webhooks: options.webhooks,
    parameters,
    repetition: countRepetitions(),
  };

  const items: PromptItem[] = [];
  for (const raw of lines) {
    const { line } = raw;
    if (raw.faults.length > 0 && Object.keys(raw.fields).length === 0) {
      faults.push(...raw.faults.map((fault) => ({ line, ...fault })));
      continue;
    }
    const { fields, faults: ofTexts, optionOf } = merge(raw);
    const before = [...raw.faults, ...ofTexts];
    // A faulty line neither counts as a duplicate nor takes an id.
    const sound = before.length === 0;
    const prepared = prepareItem(fields, sound ? context : { ...context, repetition: () => 0 });
    const found = 'faults' in prepared ? [...before, ...prepared.faults] : sound ? ids.check(prepared.generation, line) : before;
    for (const fault of found) {
      const option = optionOf(fault.field);
      if (option !== null || ('ofProvider' in fault && fault.ofProvider)) shared.add(line, fields['provider'], { ...fault, field: option ?? fault.field });
      else faults.push({ line, field: fault.field, message: fault.message, remedy: remedyOf(fault, fields) });
    }
    if ('faults' in prepared || found.length > 0) continue;
    const first = ids.firstWith(prepared.generation);
    if (first === line) items.push({ line, ...prepared });
    else notes.push(`line ${line} is the same as line ${first} (id ${prepared.generation.id}): they are one`);
  }
  faults.push(...shared.list());
  return { items: optionFaults.length === 0 ? items : [], faults, notes };
}

/** A file may also be told its provider by an option, which who sends a request does not have. */
function remedyOf({ field, remedy }: FieldFault, fields: Readonly<Record<string, unknown>>): string {
  return field === 'provider' && fields['provider'] === undefined ? `${remedy}. For a whole file give --provider` : remedy;
}
