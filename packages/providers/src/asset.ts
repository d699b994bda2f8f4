/**
 * Assets out of what an upstream calls its result. A link that is not http(s) is no result.
 */
import type { Asset, Json, Progress, Succeeded } from './provider.ts';
import { linkOf, numberOf } from './http/json.ts';
import { definedOnly } from './defined-only.ts';

interface Measures {
  seconds?: Json | undefined;
  width?: Json | undefined;
  height?: Json | undefined;
}

/** One asset, or none. */
export function asset(kind: Asset['kind'], url: Json | undefined, measures: Measures = {}): Asset[] {
  const link = linkOf(url);
  if (link === undefined) return [];
  const [durationSeconds, width, height] = [numberOf(measures.seconds), numberOf(measures.width), numberOf(measures.height)];
  return [{ kind, url: link, ...definedOnly({ durationSeconds, width, height }) }];
}

/** Success needs a video: a lone thumbnail is no result. The video comes first. */
export function succeededWith(assets: Asset[]): Succeeded | undefined {
  const videosFirst = [...assets.filter(isVideo), ...assets.filter((each) => !isVideo(each))];
  // The same link twice is one file. If it is listed both as a video and as something else, it is the video.
  const [first, ...others] = videosFirst.filter(({ url }, at) => videosFirst.findIndex((each) => each.url === url) === at);
  return first && isVideo(first) ? { state: 'succeeded', assets: [first, ...others] } : undefined;
}

function isVideo({ kind }: Asset): boolean {
  return kind === 'video';
}

/** The upstream says "done" but gives no video. The ledger has it polled a few more times before it believes that. */
export function doneWithoutVideo(title: string): Progress {
  return { state: 'doubtful', failure: { kind: 'no_output', message: `${title} says the generation is done, but gives no video.`, retryable: false } };
}
