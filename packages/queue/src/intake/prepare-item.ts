/**
 * One request, from a line of a file or from HTTP, checked to the last field → the generation to create. The only path into the ledger:
 * what passes here is what is paid for. Never reads a file itself, never converts a type: it is strict.
 */
import { nearest, PROVIDERS, type Ask, type Provider, type ProviderName } from '@dailies/providers';
import type { NewGeneration } from '../ledger/create/intake.ts';
import type { StoredImage } from '../ledger/images.ts';
import type { WebhookRules } from '../webhooks/webhook-url.ts';
import { brokenTextFaults } from './broken-text.ts';
import { type FieldFault, quoted } from './field-fault.ts';
import { canonicalAsk, fingerprint, generationId } from './generation-id.ts';
import { takeImages } from './image-fields.ts';
import type { Images } from './images.ts';
import { checkOwnFields } from './own-fields.ts';
import type { ParametersOf } from './parameters.ts';
import { schemaFaults } from './schema-faults.ts';

export interface ItemContext {
  batch: string | null;
  images: Images;
  configured: Configured;
  /** What may be given as a webhook; strict where it is left out (`webhookRules(config)`). */
  webhooks?: WebhookRules | undefined;
  /** Further fields that the caller has taken out; named where a field is unknown. */
  beside?: readonly string[] | undefined;
  /** `parametersOf`, or one that remembers. Asked only to explain a fault. */
  parameters: ParametersOf;
  /** Tells apart requests that are equal and have no id of their own. */
  repetition: (canonicalLine: string) => number | string;
}

export type Configured = (provider: ProviderName) => { account: string } | { missing: string };

export interface PreparedItem {
  generation: NewGeneration;
  /** To be stored before the generation is created. */
  images: StoredImage[];
}

export function prepareItem(fields: Readonly<Record<string, unknown>>, context: ItemContext): PreparedItem | { faults: ItemFault[] } {
  const own = checkOwnFields(fields, context.webhooks, context.beside);
  const provider = findProvider(fields['provider']);
  if ('faults' in provider) return { faults: [...provider.faults, ...own.faults] };

  const access = context.configured(provider.name);
  const asked: Record<string, unknown> = Object.fromEntries(ASK.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));
  const taken = takeImages(asked, provider, context.images);
  const parsed = provider.request.safeParse(taken.ask);
  const judged = parsed.success ? [] : schemaFaults(parsed.error.issues, { provider: provider.name, parameters: context.parameters(provider), ask: taken.ask });
  const faults: ItemFault[] = [
    ...own.faults,
    ...taken.faults,
    ...brokenTextFaults(taken.ask),
    // A refused image was taken out before the schema looked: that the schema finds it missing is no second fault.
    ...judged.filter(({ field }) => !taken.faults.some((fault) => fault.field === field)),
    ...('missing' in access ? [{ field: null, message: `no key is configured for ${provider.name}`, remedy: `Set ${access.missing}`, ofProvider: true }] : []),
  ];
  if (!parsed.success || faults.length > 0 || 'missing' in access) return { faults };

  const ask: Ask = taken.ask;
  const canonical = canonicalAsk(provider.name, ask);
  return {
    images: taken.images,
    generation: {
      id: own.id ?? generationId(context.batch, canonical, context.repetition(canonical)),
      provider: provider.name,
      account: access.account,
      ask,
      request: parsed.data,
      fingerprint: fingerprint(context.batch, canonical),
      model: ask.model,
      priority: own.priority,
      metadata: own.metadata,
      webhook: own.webhook,
    },
  };
}

export interface ItemFault extends FieldFault {
  /** The same for every request to this provider. */
  ofProvider?: boolean | undefined;
}

const ASK = ['prompt', 'model', 'image', 'params'] as const;

function findProvider(name: unknown): Provider | { faults: FieldFault[] } {
  const known = Object.keys(PROVIDERS);
  const found = Object.values(PROVIDERS).find((provider) => provider.name === name);
  if (found) return found;
  const all = `Known: ${known.join(', ')}`;
  const refused = (message: string, remedy = all) => ({ faults: [{ field: 'provider', message, remedy }] });
  if (name === undefined) return refused('no provider is named', `Name one in "provider". ${all}`);
  if (typeof name !== 'string') return refused(`must be text, not ${quoted(name)}`);
  const near = nearest(name, known);
  return refused(`unknown provider ${quoted(name)}`, near ? `Did you mean "${near}"?` : all);
}
