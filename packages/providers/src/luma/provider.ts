/**
 * Luma through AceData: makes a video, or extends one. Its result is flat, not a list, and its word for done is "completed".
 */
import { aceDataProvider } from '../acedata/provider.ts';
import { asset } from '../asset.ts';
import { lumaParams, lumaRequest } from './params.ts';

export const luma = aceDataProvider({
  name: 'luma',
  title: 'Luma through AceData',
  request: lumaRequest,
  params: lumaParams,
  models: [],
  image: 'url',
  body: async (asked) => asked,
  echo: (asked) => asked,
  assets: (result) => [
    ...asset('video', result['video_url'], { width: result['video_width'], height: result['video_height'] }),
    ...asset('thumbnail', result['thumbnail_url'], { width: result['thumbnail_width'], height: result['thumbnail_height'] }),
  ],
});
