import { isObject } from '../request-body.ts';
import { textOf } from './upstream.ts';

/** What is wrong with a new-style request, in the vendor's manner; undefined when nothing is. Here `duration` is a number. */
export function turboProblemOf(route: string, body: Record<string, unknown>): string | undefined {
  const prompt = turboPrompt(body);
  if (route === 'text-to-video' && prompt === '') return 'prompt is required';
  if (prompt.length > 3072) return 'prompt must not exceed 3072 characters';
  if (route === 'image-to-video' && firstFrame(body) === undefined) return 'contents must hold one first_frame';
  return settingsProblem(body['settings']);
}

export function turboPrompt(body: Record<string, unknown>): string {
  return textOf(body['prompt']) ?? textOf(contents(body).find((part) => part['type'] === 'prompt')?.['text']) ?? '';
}

function settingsProblem(settings: unknown): string | undefined {
  if (settings === undefined) return undefined;
  if (!isObject(settings)) return 'settings must be an object';
  const { resolution = '720p', aspect_ratio: ratio = '16:9', duration = 5 } = settings;
  if (!['720p', '1080p'].includes(String(resolution))) return `settings.resolution value '${String(resolution)}' is invalid`;
  if (!['16:9', '9:16', '1:1'].includes(String(ratio))) return `settings.aspect_ratio value '${String(ratio)}' is invalid`;
  const whole = typeof duration === 'number' && Number.isInteger(duration) && duration >= 3 && duration <= 15;
  return whole ? undefined : 'settings.duration must be an integer between 3 and 15';
}

function firstFrame(body: Record<string, unknown>): string | undefined {
  return textOf(contents(body).find((part) => part['type'] === 'first_frame')?.['url']);
}

function contents(body: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(body['contents']) ? body['contents'].filter(isObject) : [];
}
