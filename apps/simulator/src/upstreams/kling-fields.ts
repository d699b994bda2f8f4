import { isObject } from '../request-body.ts';
import { shown } from './upstream.ts';

/**
 * What is wrong with a Kling request, in the vendor's manner; undefined when nothing is.
 * It looks at documented fields only: the vendor ignores the others.
 */
export function problemOf(route: string, body: Record<string, unknown>): string | undefined {
  const own = route === 'text2video' ? textProblem(body) : imageProblem(body);
  return own ?? sharedProblem(body) ?? cameraProblem(body['camera_control']);
}

function textProblem({ prompt, aspect_ratio: ratio }: Record<string, unknown>): string | undefined {
  if (typeof prompt !== 'string' || prompt === '') return 'prompt is required';
  return oneOf('aspect_ratio', ratio, ['16:9', '9:16', '1:1']);
}

function imageProblem(body: Record<string, unknown>): string | undefined {
  const { image, image_tail: tail } = body;
  if (typeof image !== 'string' || image === '') return 'image is required';
  for (const [name, value] of [['image', image], ['image_tail', tail]] as const) {
    if (value !== undefined && !isImage(value)) return `${name} is invalid: give an http(s) URL or Base64 without a data: prefix`;
  }
  const groups = [tail, body['static_mask'] ?? body['dynamic_masks'], body['camera_control']].filter((value) => value !== undefined);
  if (groups.length > 1) return 'image_tail, masks and camera_control cannot be used together';
  return masksProblem(body['dynamic_masks']);
}

function masksProblem(masks: unknown): string | undefined {
  if (masks === undefined) return undefined;
  if (!Array.isArray(masks) || masks.length > 6) return 'dynamic_masks must be an array of up to 6 items';
  const short = masks.some((item: unknown) => {
    const points = isObject(item) ? item['trajectories'] : undefined;
    return !Array.isArray(points) || points.length < 2 || points.length > 77;
  });
  return short ? 'dynamic_masks.trajectories must have 2 to 77 points' : undefined;
}

function sharedProblem(body: Record<string, unknown>): string | undefined {
  for (const name of ['prompt', 'negative_prompt']) {
    const value = body[name];
    if (value !== undefined && (typeof value !== 'string' || value.length > 2500)) return `${name} must be a text of up to 2500 characters`;
  }
  const { model_name: model, cfg_scale: scale, external_task_id: externalId } = body;
  if (model !== undefined && !/^(kling-|MaaS_(KL|KeLing)_)/i.test(shown(model))) return `model_name value '${shown(model)}' is invalid`;
  if (scale !== undefined && !(typeof scale === 'number' && scale >= 0 && scale <= 1)) return 'cfg_scale must be between 0 and 1';
  if (externalId !== undefined && typeof externalId !== 'string') return 'external_task_id must be a text';
  return oneOf('mode', body['mode'], ['std', 'pro'])
    ?? oneOf('sound', body['sound'], ['on', 'off'])
    ?? oneOf('duration', body['duration'], /v3|3\.0/i.test(shown(model)) ? THREE_TO_FIFTEEN : ['5', '10']);
}

function cameraProblem(camera: unknown): string | undefined {
  if (camera === undefined) return undefined;
  if (!isObject(camera)) return 'camera_control must be an object';
  const { type, config } = camera;
  const wrong = oneOf('camera_control.type', type ?? 'simple', ['simple', 'down_back', 'forward_up', 'right_turn_forward', 'left_turn_forward']);
  if (wrong !== undefined) return wrong;
  if (type !== 'simple') return config === undefined ? undefined : 'camera_control.config goes with type simple only';
  if (!isObject(config)) return 'camera_control.config is required with type simple';
  const moves = Object.values(config).filter((value) => value !== 0);
  const right = moves.length === 1 && typeof moves[0] === 'number' && Math.abs(moves[0]) <= 10;
  return right ? undefined : 'camera_control.config must have exactly one value other than 0, between -10 and 10';
}

const THREE_TO_FIFTEEN = Array.from({ length: 13 }, (_, index) => String(index + 3));

function oneOf(name: string, value: unknown, choices: readonly string[]): string | undefined {
  if (value === undefined || (typeof value === 'string' && choices.includes(value))) return undefined;
  return `${name} value '${shown(value)}' is invalid`;
}

function isImage(value: unknown): boolean {
  return typeof value === 'string' && (/^https?:\/\//.test(value) || /^[A-Za-z0-9+/\s]+={0,2}$/.test(value));
}
