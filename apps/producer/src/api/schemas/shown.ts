/** Generations and pauses in the form of the API, where links to stored files lead to the API and not to a folder. */
import { type Generation, type Pause, publicGeneration, type PublicGeneration } from '@dailies/queue';
import type { Request } from 'express';

export function shownGeneration(generation: Generation, request: Request): PublicGeneration {
  const shown = publicGeneration(generation);
  // The address that the client used. A trusted proxy says it (X-Forwarded-Proto and -Host).
  const here = `${request.protocol}://${request.host || 'localhost'}/v1/generations/${generation.id}`;
  const videos = shown.videos.map((video, at) => {
    if (video.file === undefined) return video;
    const url = `${here}/videos/${at}`;
    return { ...video, url, ...(video.thumbnailUrl === undefined ? {} : { thumbnailUrl: `${url}/thumbnail` }) };
  });
  const extras = shown.extras?.map((extra, at) => ({ ...extra, url: `${here}/extras/${at}` }));
  return { ...shown, videos, ...(extras === undefined ? {} : { extras }) };
}

/** Without its scope, which names the account. */
export function shownPause({ kind, reason, at, polls }: Pause): { kind: string; reason: string; since: string; polls: boolean } {
  return { kind, reason, since: new Date(at).toISOString(), polls };
}
