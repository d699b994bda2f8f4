/**
 * Which of Kling's parameters go together. A wrong combination is refused here, because Kling might ignore a part of it and bill for the rest.
 */
import { abilitiesOf, TURBO_MODEL } from './models.ts';
import type { KlingParams } from './params.ts';

export interface KlingAsk {
  model: string;
  prompt: string | undefined;
  image: string | undefined;
  params: KlingParams;
}

export interface Fault {
  path: string[];
  message: string;
}

export function faultsOf(ask: KlingAsk): Fault[] {
  return ask.model === TURBO_MODEL ? turboFaults(ask) : [...promptFaults(ask, 2500), ...modelFaults(ask), ...imageFaults(ask), ...cameraFaults(ask)];
}

function promptFaults({ prompt, image }: KlingAsk, limit: number): Fault[] {
  if (prompt === undefined) return image === undefined ? [{ path: ['prompt'], message: 'the prompt is missing (only with an image may it be)' }] : [];
  return prompt.length > limit ? [{ path: ['prompt'], message: `the prompt has ${prompt.length} characters, at most ${limit} are allowed` }] : [];
}

function modelFaults({ model, image, params }: KlingAsk): Fault[] {
  const { cfgScale, sound, modes, seconds, textToVideo } = abilitiesOf(model);
  const faults: Fault[] = [];
  if (image === undefined && !textToVideo) faults.push({ path: ['image'], message: `${model} needs an image: give "image", or choose another model` });
  if (params.cfg_scale !== undefined && !cfgScale) faults.push(at('cfg_scale', `${model} does not take it: leave it out`));
  if (params.sound !== undefined && !sound) faults.push(at('sound', `${model} has no sound: models from version 2.6 have`));
  if (params.mode !== undefined && !modes.includes(params.mode)) {
    const only = `${model} has only the mode "${modes.join('", "')}": choose that, or leave it out`;
    faults.push(at('mode', modes.length === 0 ? `${model} has no modes: leave it out` : only));
  }
  const duration = Number(params.duration ?? '5');
  if (duration < seconds.from || duration > seconds.to || seconds.only?.includes(duration) === false) {
    const allowed = seconds.only ? `"${seconds.only.join('" or "')}"` : `"${seconds.from}" to "${seconds.to}"`;
    faults.push(at('duration', `${model} makes videos of ${allowed} seconds: choose one of these`));
  }
  if (params.resolution !== undefined) faults.push(at('resolution', `only ${TURBO_MODEL} takes it: choose a mode instead`));
  return faults;
}

const IMAGE_ONLY = ['image_tail', 'static_mask', 'dynamic_masks', 'voice_list'] as const;

function imageFaults({ image, params }: KlingAsk): Fault[] {
  if (image === undefined) {
    return IMAGE_ONLY.filter((name) => params[name] !== undefined).map((name) => at(name, 'needs an image: give "image" beside "params"'));
  }
  const faults = params.aspect_ratio === undefined ? [] : [at('aspect_ratio', 'the image decides it: leave it out')];
  const masks = params.static_mask !== undefined || params.dynamic_masks !== undefined;
  const used = [params.image_tail && 'image_tail', masks && 'masks', params.camera_control && 'camera_control'].filter((name) => typeof name === 'string');
  if (used.length > 1) {
    const name = params.image_tail ? 'image_tail' : params.static_mask ? 'static_mask' : 'dynamic_masks';
    faults.push(at(name, `${used.join(' and ')} exclude each other: choose one`));
  }
  return faults;
}

function cameraFaults({ params: { camera_control: camera } }: KlingAsk): Fault[] {
  if (!camera) return [];
  if (camera.type !== 'simple') return camera.config ? [at('camera_control', 'config is only for the type "simple": leave it out')] : [];
  const moving = Object.values(camera.config ?? {}).filter((value) => value !== undefined && value !== 0).length;
  return moving === 1 ? [] : [at('camera_control', `the type "simple" needs a config with exactly one axis that is not 0, this has ${moving}`)];
}

const TURBO_PARAMS = new Set(['resolution', 'aspect_ratio', 'duration', 'watermark_info']);

function turboFaults(ask: KlingAsk): Fault[] {
  const faults = promptFaults({ ...ask, image: undefined }, 3072);
  if (ask.image !== undefined) faults.push({ path: ['image'], message: `${TURBO_MODEL} makes videos of text only: leave "image" out` });
  const unfit = Object.keys(ask.params).filter((name) => !TURBO_PARAMS.has(name));
  return [...faults, ...unfit.map((name) => at(name, `${TURBO_MODEL} does not take it. It takes: ${[...TURBO_PARAMS].join(', ')}`))];
}

function at(name: string, message: string): Fault {
  return { path: ['params', name], message };
}
