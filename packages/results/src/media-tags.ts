/** Facts about a video or picture as metadata of a bucket object, and back. Objects keep these tag names for ever, so names may only be added. */
export interface MediaSize {
  durationSeconds?: number;
  width?: number;
  height?: number;
}

export function tagsOf(size: MediaSize): Record<string, string> {
  return Object.fromEntries(TAGS.flatMap(([tag, field]) => (size[field] === undefined ? [] : [[tag, String(size[field])]])));
}

export function sizeFrom(tags: Readonly<Record<string, string>>): MediaSize {
  const size: MediaSize = {};
  for (const [tag, field] of TAGS) {
    const amount = Number(tags[tag]);
    if (tags[tag] !== undefined && Number.isFinite(amount)) size[field] = amount;
  }
  return size;
}

/** The content type of a file by its name. This is safe because our names are made from what the file's bytes proved. */
export function contentTypeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}

const TAGS = [['duration-seconds', 'durationSeconds'], ['width', 'width'], ['height', 'height']] as const;

const TYPES: Record<string, string> = {
  mp4: 'video/mp4',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  jsonl: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
};
