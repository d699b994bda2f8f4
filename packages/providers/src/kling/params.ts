/**
 * The parameters of Kling with their documented bounds. Which of them go together is in `rules.ts`.
 */
import { z } from 'zod';
import { imageReference, paramsSchema, refuseUnknown } from '../ask.ts';

/** An object inside params, as strict as params itself. */
function part<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: refuseUnknown('field', Object.keys(shape), {}) });
}

const axis = z.number().min(-10).max(10).optional();
const camera = part({
  type: z.enum(['simple', 'down_back', 'forward_up', 'right_turn_forward', 'left_turn_forward']),
  config: part({ horizontal: axis, vertical: axis, pan: axis, tilt: axis, roll: axis, zoom: axis }).optional(),
});
const point = part({ x: z.int().min(0), y: z.int().min(0) });
const brush = part({ mask: imageReference, trajectories: z.array(point).min(2).max(77) });

const SECONDS = ['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15'] as const;

export const klingParams = paramsSchema(
  {
    negative_prompt: z.string().min(1).max(2500).optional().describe('What the video should not show, at most 2500 characters.'),
    cfg_scale: z.number().min(0).max(1).optional().describe('How closely the video follows the prompt, 0 to 1. Not with 2.x models. Default: 0.5.'),
    mode: z.enum(['std', 'pro']).optional().describe('Standard or professional. 2.6: only pro; 2.1 master: neither. Default: std.'),
    sound: z.enum(['on', 'off']).optional().describe('With sound, from version 2.6. Default: off.'),
    camera_control: camera.optional().describe('A camera movement: {"type": "down_back"}, or {"type": "simple", "config": {one axis: -10 to 10}}.'),
    aspect_ratio: z.enum(['16:9', '9:16', '1:1']).optional().describe('Width to height. Not with an image. Default: 16:9.'),
    duration: z
      .enum(SECONDS, { error: ({ input }) => (typeof input === 'number' ? secondsAsText(input) : undefined) })
      .optional()
      .describe('Seconds, as text: "5" or "10"; "3" to "15" from version 3. Default: "5".'),
    watermark_info: part({ enabled: z.boolean() }).optional().describe('{"enabled": true} adds a copy with a watermark.'),
    image_tail: imageReference.optional().describe('The last frame. Only with an image.'),
    static_mask: imageReference.optional().describe('What must not move. Only with an image.'),
    dynamic_masks: z.array(brush).min(1).max(6).optional().describe('At most 6: what moves, and 2 to 77 points along which. Only with an image.'),
    voice_list: z.array(part({ voice_id: z.string().min(1) })).min(1).optional().describe('Voices: [{"voice_id": "…"}]. Only with an image.'),
    resolution: z.enum(['720p', '1080p']).optional().describe('Only with kling-3.0-turbo.'),
  },
  {
    model_name: 'is the "model" beside "params"',
    external_task_id: 'is set by Dailies: by it a task is found again',
    settings: 'is not needed: give resolution, aspect_ratio and duration directly',
    options: 'is not needed: give watermark_info directly',
  },
);

/** Most models make nothing but these two: whoever wrote another number would next be told that. */
function secondsAsText(seconds: number): string {
  return seconds === 5 || seconds === 10 ? `is text here: write "${seconds}", not ${seconds}` : 'is text here: write "5" or "10" ("3" to "15" from version 3)';
}

export type KlingParams = z.output<typeof klingParams>;
