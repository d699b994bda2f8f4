import { describe, expect, it } from 'vitest';
import { kling } from './provider.ts';

const IMAGE = 'https://x.example/a.png';
const STORED = `sha256:${'a'.repeat(64)}`;
const mask = { mask: IMAGE, trajectories: [{ x: 1, y: 2 }, { x: 3, y: 4 }] };

describe('a request', () => {
  it('names the model outright, with the documented defaults', () => {
    expect(kling.request.parse({ prompt: 'a dog' })).toEqual({ model_name: 'kling-v1', prompt: 'a dog', duration: '5', mode: 'std', cfg_scale: 0.5, aspect_ratio: '16:9' });
    expect(kling.request.parse({ image: IMAGE })).toEqual({ model_name: 'kling-v1', image: IMAGE, duration: '5', mode: 'std', cfg_scale: 0.5 });
  });

  it('has no default that the model does not take', () => {
    expect(kling.request.parse({ prompt: 'a dog', model: 'MaaS_KL_V2.1_Master' })).toEqual({ model_name: 'MaaS_KL_V2.1_Master', prompt: 'a dog', duration: '5', aspect_ratio: '16:9' });
    expect(kling.request.parse({ prompt: 'a dog', model: 'kling-v2-6' })).toMatchObject({ mode: 'pro' });
    expect(kling.request.parse({ prompt: 'a dog', model: 'kling-3.0-turbo' })).toEqual({ model_name: 'kling-3.0-turbo', prompt: 'a dog' });
  });

  it.each<object>([
    { prompt: 'x'.repeat(2500), params: { negative_prompt: 'y'.repeat(2500), cfg_scale: 1, mode: 'pro', duration: '10', aspect_ratio: '9:16' } },
    { prompt: 'x', model: 'kling-v2-6', params: { sound: 'on' } },
    { prompt: 'x', model: 'kling-v3', params: { duration: '15', sound: 'off', mode: 'std' } },
    { prompt: 'x', model: 'MaaS_KeLing_V3.0' },
    { prompt: 'x', model: 'MaaS_KeLing_3.0_video', params: { duration: '15', sound: 'on', mode: 'pro' } },
    { prompt: 'x', params: { camera_control: { type: 'simple', config: { pan: -10, zoom: 0 } } } },
    { prompt: 'x', params: { camera_control: { type: 'down_back' } } },
    { prompt: 'x', image: STORED, params: { static_mask: STORED, dynamic_masks: [mask] } },
    { image: IMAGE, model: 'kling-v1-5', params: { image_tail: STORED, watermark_info: { enabled: true } } },
    { image: IMAGE, params: { voice_list: [{ voice_id: 'v' }] } },
    { prompt: 'x'.repeat(3072), model: 'kling-3.0-turbo', params: { resolution: '1080p', duration: '3', aspect_ratio: '1:1', watermark_info: { enabled: false } } },
  ])('%# is accepted', (ask) => {
    expect(kling.request.safeParse(ask).error).toBeUndefined();
  });

  it.each<[object, string, string]>([
    [{ prompt: 'x', params: { aspect_ration: '1:1' } }, 'params', 'unknown parameter "aspect_ration": did you mean "aspect_ratio"?'],
    [{ prompt: 'x', params: { model_name: 'kling-v2' } }, 'params', '"model_name" is the "model" beside "params"'],
    [{ prompt: 'x', params: { external_task_id: '1' } }, 'params', 'is set by Dailies'],
    [{ prompt: 'x', params: { colour: 1 } }, 'params', 'unknown parameter "colour". Known: negative_prompt,'],
    [{ prompt: 'x', model: 'kling-v1.6' }, 'model', 'did you mean "kling-v1-6"?'],
    [{}, 'prompt', 'missing'],
    [{ prompt: 'x'.repeat(2501) }, 'prompt', '2501 characters, at most 2500'],
    [{ image: IMAGE, prompt: 'x'.repeat(2501) }, 'prompt', 'at most 2500'],
    [{ prompt: 'x', params: { negative_prompt: 'x'.repeat(2501) } }, 'params.negative_prompt', ''],
    [{ prompt: 'x', params: { cfg_scale: 1.1 } }, 'params.cfg_scale', ''],
    [{ prompt: 'x', params: { cfg_scale: -0.1 } }, 'params.cfg_scale', ''],
    [{ prompt: 'x', model: 'kling-v2-master', params: { cfg_scale: 0.5 } }, 'params.cfg_scale', 'does not take it'],
    [{ prompt: 'x', params: { mode: 'standard' } }, 'params.mode', ''],
    [{ prompt: 'x', model: 'kling-v2-1-master', params: { mode: 'pro' } }, 'params.mode', 'has no modes'],
    [{ prompt: 'x', model: 'MaaS_KeLing_V2.6', params: { mode: 'std' } }, 'params.mode', 'only the mode "pro"'],
    [{ prompt: 'x', params: { sound: 'on' } }, 'params.sound', 'has no sound'],
    [{ prompt: 'x', params: { duration: 5 } }, 'params.duration', 'write "5", not 5'],
    [{ prompt: 'x', params: { duration: 7 } }, 'params.duration', 'is text here: write "5" or "10" ("3" to "15" from version 3)'],
    [{ prompt: 'x', params: { duration: '7' } }, 'params.duration', '"5" or "10" seconds'],
    [{ prompt: 'x', model: 'kling-v3', params: { duration: '16' } }, 'params.duration', ''],
    [{ prompt: 'x', params: { resolution: '720p' } }, 'params.resolution', 'only kling-3.0-turbo'],
    [{ prompt: 'x', params: { camera_control: { type: 'simple' } } }, 'params.camera_control', 'exactly one axis that is not 0, this has 0'],
    [{ prompt: 'x', params: { camera_control: { type: 'simple', config: { pan: 1, tilt: 1 } } } }, 'params.camera_control', 'this has 2'],
    [{ prompt: 'x', params: { camera_control: { type: 'forward_up', config: { pan: 1 } } } }, 'params.camera_control', 'only for the type "simple"'],
    [{ prompt: 'x', params: { camera_control: { type: 'simple', config: { pan: 11 } } } }, 'params.camera_control.config.pan', ''],
    [{ prompt: 'x', params: { camera_control: { type: 'simple', config: { pann: 1 } } } }, 'params.camera_control.config', 'did you mean "pan"?'],
    [{ image: IMAGE, params: { aspect_ratio: '1:1' } }, 'params.aspect_ratio', 'the image decides it'],
    [{ prompt: 'x', params: { image_tail: IMAGE } }, 'params.image_tail', 'needs an image'],
    [{ image: IMAGE, params: { image_tail: IMAGE, static_mask: IMAGE } }, 'params.image_tail', 'exclude each other'],
    [{ image: IMAGE, params: { static_mask: IMAGE, camera_control: { type: 'down_back' } } }, 'params.static_mask', 'exclude each other'],
    [{ image: IMAGE, params: { dynamic_masks: Array.from({ length: 7 }, () => mask) } }, 'params.dynamic_masks', ''],
    [{ image: IMAGE, params: { dynamic_masks: [{ ...mask, trajectories: [{ x: 1, y: 1 }] }] } }, 'params.dynamic_masks.0.trajectories', ''],
    [{ image: IMAGE, params: { dynamic_masks: [{ ...mask, trajectories: Array.from({ length: 78 }, () => ({ x: 1, y: 1 })) }] } }, 'params.dynamic_masks.0.trajectories', ''],
    [{ prompt: 'x', image: 'a.png' }, 'image', 'must be an http(s) URL'],
    [{ prompt: 'x', image: 'sha256:abc' }, 'image', 'sha256:<64 hex digits>'],
    [{ prompt: 'x', model: 'kling-v2-1' }, 'image', 'kling-v2-1 needs an image'],
    [{ prompt: 'x', model: 'kling-3.0-turbo', image: IMAGE }, 'image', 'text only'],
    [{ prompt: 'x', model: 'kling-3.0-turbo', params: { mode: 'pro' } }, 'params.mode', 'does not take it'],
    [{ prompt: 'x'.repeat(3073), model: 'kling-3.0-turbo' }, 'prompt', 'at most 3072'],
  ])('%o is refused at %s', (ask, path, message) => {
    const issues = kling.request.safeParse(ask).error?.issues ?? [];
    expect(issues[0]?.path.join('.')).toBe(path);
    expect(issues[0]?.message).toContain(message);
  });
});
