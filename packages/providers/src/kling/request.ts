/**
 * An ask → the request that is recorded, with the model named outright: Kling takes a missing one for `kling-v1`, silently.
 */
import { askSchema, fault } from '../ask.ts';
import { definedOnly } from '../defined-only.ts';
import { abilitiesOf, STANDARD_MODEL, TURBO_MODEL, unknownModel } from './models.ts';
import { klingParams, type KlingParams } from './params.ts';
import { faultsOf } from './rules.ts';

export interface KlingRequest extends KlingParams {
  model_name: string;
  prompt?: string | undefined;
  image?: string | undefined;
}

export const klingRequest = askSchema(klingParams).transform((ask, context): KlingRequest => {
  const model = ask.model ?? STANDARD_MODEL;
  const { prompt, image, params = {} } = ask;
  const unknown = unknownModel(model);
  const faults = unknown ? [{ path: ['model'], message: unknown }] : faultsOf({ model, prompt, image, params });
  for (const { path, message } of faults) fault(context, path, message);
  return { model_name: model, ...definedOnly({ prompt, image }), ...defaults(model, image), ...definedOnly(params) };
});

/** Only what the vendor documents as a default, and only where the model takes it at all. */
function defaults(model: string, image: string | undefined): KlingParams {
  if (model === TURBO_MODEL) return {};
  const { modes, cfgScale } = abilitiesOf(model);
  const [mode] = modes;
  return {
    duration: '5',
    ...definedOnly({ mode, cfg_scale: cfgScale ? 0.5 : undefined, aspect_ratio: image === undefined ? ('16:9' as const) : undefined }),
  };
}
