/**
 * What can be asked of Luma, and the request that comes of it. The sample links in the vendor's page are examples, never defaults.
 * The page takes any text for `aspect_ratio`; the ratios allowed here are those of AceData's own tools.
 */
import { z } from 'zod';
import { askSchema, fault, isStoredImage, link, paramsSchema } from '../ask.ts';
import { definedOnly } from '../defined-only.ts';

export const lumaParams = paramsSchema(
  {
    action: z.enum(['generate', 'extend']).optional().describe('Make a video, or extend one (with video_id or video_url). Default: generate.'),
    aspect_ratio: z.enum(['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '9:21']).optional().describe("Width to height. Default: the upstream's choice."),
    loop: z.boolean().optional().describe('The end runs into the start. Default: false.'),
    enhancement: z.boolean().optional().describe('Let the upstream rewrite the prompt. Default: true.'),
    end_image_url: link.optional().describe('An http(s) URL: the last frame. The first frame is "image".'),
    video_id: z.string().min(1).optional().describe('The upstream’s id of the video to extend. Only with action extend; wins over video_url.'),
    video_url: link.optional().describe('The link of the video to extend. Only with action extend.'),
  },
  {
    start_image_url: 'is the "image" beside "params"',
    timeout: 'concerns only requests that block, and Dailies never makes one',
    async: 'is always true',
  },
);

export const lumaRequest = askSchema(lumaParams).transform((ask, context) => {
  const { prompt, image } = ask;
  const { action = 'generate', aspect_ratio, loop = false, enhancement = true, end_image_url, video_id, video_url } = ask.params ?? {};
  const extended = video_id ?? video_url;

  if (ask.model !== undefined) fault(context, ['model'], 'Luma has one model here: leave "model" out');
  if (image !== undefined && isStoredImage(image)) {
    fault(context, ['image'], 'Luma takes images by link only: host this one at an https URL and give the URL');
  }
  if (action === 'extend' && extended === undefined) fault(context, ['params', 'action'], 'extend needs params.video_id or params.video_url');
  if (action === 'generate' && extended !== undefined) {
    const name = video_id === undefined ? 'video_url' : 'video_id';
    fault(context, ['params', name], `${name} needs "action": "extend"`);
  }
  if (prompt === undefined && image === undefined && extended === undefined && end_image_url === undefined) {
    fault(context, ['prompt'], 'there is neither a prompt nor an image: give one of them, or both');
  }
  return {
    action,
    loop,
    enhancement,
    ...definedOnly({ prompt, aspect_ratio, start_image_url: image, end_image_url, video_id, video_url }),
  };
});
