/**
 * The price table that the user edits (`PRICES_FILE`, examples/prices.json): what a video of a provider and model costs. It estimates, for
 * people and for graphs; nothing is submitted or held because of it.
 */
import { readFileSync } from 'node:fs';
import { nearest, PROVIDER_NAMES, PROVIDERS } from '@dailies/providers';
import { z } from 'zod';
import { ConfigError } from '../config/load-config.ts';
import type { Generation } from '../generation.ts';
import { recordedModel, recordedParams } from '../recorded-request.ts';
import { type Bill, encodeBill } from './bill.ts';

const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a code of three capitals, such as USD');
const amount = z.number().min(0).max(100_000);
const provider = z.enum(PROVIDER_NAMES, { error: ({ input }) => unknownProvider(input) });
const note = z.string().optional();

const SCHEMA = z.strictObject({
  prices: z.array(
    z.strictObject({
      provider,
      /** Absent: every model of the provider that no other row names. */
      model: z.string().min(1).optional(),
      amount,
      currency,
      /** `second`: times the seconds asked for. */
      per: z.enum(['generation', 'second']).default('generation'),
      billedOn: z.enum(['success', 'acceptance']).default('success'),
      basis: z.enum(['price', 'guide']).default('price'),
      asOf: z.iso.date().optional(),
      note,
    }),
  ),
  /** What one of the upstream's own units is worth, where it reports units. */
  units: z.array(z.strictObject({ provider, amount, currency, asOf: z.iso.date().optional(), note })).default([]),
});

type Row = z.infer<typeof SCHEMA>['prices'][number];

interface Reported {
  amount: number;
  /** ISO 4217, or `units`. */
  unit: string;
}

export interface Prices {
  /** The `bill` of a patch; undefined where nothing is billed at this moment, or nothing is known. */
  bill(generation: Generation, moment: 'success' | 'acceptance', reported?: Reported): string | undefined;
  /** Rows of models that nobody can ask for. They estimate nothing, and are no reason to stop a service: a model may be of another version. */
  doubts: readonly string[];
}

const NO_PRICES: Prices = createPrices({ prices: [], units: [] }, []);

/** Throws a ConfigError that names the file, the place in it and what is wrong there. */
export function loadPrices(file: string | null): Prices {
  if (file === null) return NO_PRICES;
  const fault = (what: string): ConfigError => new ConfigError([`PRICES_FILE: ${file}: ${what}. examples/prices.json shows the form.`]);
  let table: unknown;
  try {
    // As editors of Windows save it.
    table = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw fault(error instanceof SyntaxError ? `is not JSON: ${error.message}` : `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  const parsed = SCHEMA.safeParse(table);
  if (!parsed.success) throw fault(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`).join('; '));
  const names = parsed.data.prices.map(({ provider, model }) => `${provider}, ${model ?? 'every other model'}`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw fault(`${twice}: has two prices`);
  const doubts = parsed.data.prices.flatMap((row, at) => doubtOf(row).map((why) => `PRICES_FILE: ${file}: prices.${at}.model estimates nothing: ${why}`));
  return createPrices(parsed.data, doubts);
}

function doubtOf({ provider: name, model }: Row): string[] {
  // `default`: what is billed where a provider has no models to choose from.
  if (model === undefined || model === 'default') return [];
  const issues = PROVIDERS[name].request.safeParse({ prompt: 'a fox', model }).error?.issues ?? [];
  return issues.filter(({ path }) => path[0] === 'model').map(({ message }) => `${name}: ${message}`);
}

function unknownProvider(input: unknown): string {
  const all = `Known: ${PROVIDER_NAMES.join(', ')}`;
  if (typeof input !== 'string') return `is missing. ${all}`;
  const near = nearest(input, PROVIDER_NAMES);
  return `unknown provider ${JSON.stringify(input)}${near === undefined ? `. ${all}` : `: did you mean "${near}"?`}`;
}

function createPrices({ prices, units }: z.infer<typeof SCHEMA>, doubts: readonly string[]): Prices {
  const rowFor = (name: string, model: string): Row | undefined =>
    prices.find((row) => row.provider === name && row.model === model) ?? prices.find((row) => row.provider === name && row.model === undefined);
  return {
    doubts,
    bill(generation, moment, reported) {
      const model = generation.ask.model ?? recordedModel(generation.request) ?? 'default';
      const row = rowFor(generation.provider, model);
      if (moment !== (row?.billedOn ?? 'success')) return undefined;
      const own = reported === undefined ? undefined : reportedBill(reported, units.find((unit) => unit.provider === generation.provider), model);
      const found = own ?? (row === undefined ? undefined : priced(row, generation, model));
      return found === undefined ? undefined : encodeBill({ ...found, model: found.model.replaceAll('|', '/') });
    },
  };
}

function reportedBill(reported: Reported, unit: { amount: number; currency: string } | undefined, model: string): Bill {
  const worth = reported.unit === 'units' && unit !== undefined ? { amount: reported.amount * unit.amount, unit: unit.currency } : reported;
  return { micros: Math.round(worth.amount * 1e6), currency: worth.unit, basis: 'upstream', model };
}

function priced(row: Row, { request }: Generation, model: string): Bill | undefined {
  const seconds = row.per === 'second' ? Number(recordedParams(request)['duration']) : 1;
  if (!(seconds > 0)) return undefined;
  return { micros: Math.round(row.amount * seconds * 1e6), currency: row.currency, basis: row.basis, model };
}
