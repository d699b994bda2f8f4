/**
 * Images as people give them → as requests carry them: links stay links, files and `data:` URIs become `sha256:…` and are stored once.
 *
 * Of a file only its hash is kept: the bytes are read again when they are stored, so that a thousand images do not fill the memory.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageReference, type StoredImage } from '../ledger/images.ts';
import { quoted } from './field-fault.ts';
import { imageType } from './image-type.ts';

export interface Images {
  take(text: string): Taken | Refused;
}

export interface Taken {
  /** What goes into the request. */
  value: string;
  /** What has to be stored first. The same object for the same content. */
  image?: StoredImage;
}

export interface Refused {
  message: string;
  remedy: string;
}

/** `folder`: where relative paths start. Null: files are never read (a request over HTTP must not name files of the server). */
export function openImages(folder: string | null): Images {
  const byPath = new Map<string, Taken | Refused>();
  const byReference = new Map<string, StoredImage>();

  function keep(bytes: Buffer, shown: string, lazily?: string): Taken | Refused {
    if (bytes.byteLength > MOST_IMAGE_BYTES) return tooLarge(shown);
    const contentType = imageType(bytes);
    if (!contentType) return { message: `${shown} is not a JPEG, PNG or WebP image`, remedy: 'Convert it to JPEG or PNG' };
    const value = imageReference(bytes);
    const image = byReference.get(value) ?? (lazily === undefined ? { bytes, contentType } : imageFile(lazily, contentType, value));
    byReference.set(value, image);
    return { value, image };
  }

  function fromFile(file: string, shown: string): Taken | Refused {
    try {
      const facts = statSync(file);
      if (!facts.isFile()) return { message: `${shown} is not a file`, remedy: 'Name an image file' };
      if (facts.size > MOST_IMAGE_BYTES) return tooLarge(shown);
      return keep(readFileSync(file), shown, file);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && NO_FILE.has(error.code);
      if (!missing) return { message: `the file ${shown} cannot be read`, remedy: 'Check its permissions' };
      const ofLinks = HOST_FIRST.test(shown) ? '. Write https:// before it if it is a link' : '';
      return { message: `there is no file ${shown}`, remedy: `Check the path: relative ones start at ${folder ?? 'the root'}${ofLinks}` };
    }
  }

  function take(text: string): Taken | Refused {
    if (/^data:/i.test(text)) return fromDataUri(text, keep);
    if (text.startsWith('sha256:')) return { message: 'names a stored image by its hash', remedy: 'Give the image itself: a file, a link or a data: URI' };
    // Links, and links of other kinds, which the schema refuses.
    if (/^https?:/i.test(text) || (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^file:/i.test(text))) return { value: text };
    if (folder === null) return { message: `${quoted(text)} is no link`, remedy: 'Give an http(s) URL or a data: URI' };
    if (text.trim() === '') return { message: 'is empty', remedy: 'Give a file, a link or a data: URI, or leave it out' };
    const file = pathOf(text, folder);
    if (file === null) return { message: `${quoted(text)} is no path of this machine`, remedy: 'Give the path of the file' };
    const known = byPath.get(file) ?? fromFile(file, quoted(text));
    byPath.set(file, known);
    return known;
  }

  return { take };
}

const MOST_IMAGE_BYTES = 10 * 1024 * 1024;
/** `www.example.com/a.png`: as a browser shows a link. */
const HOST_FIRST = /^"[a-z0-9-]+(\.[a-z0-9-]+)+\//i;
const NO_FILE = new Set<unknown>(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

function tooLarge(shown: string): Refused {
  return { message: `${shown} has more than 10 MB`, remedy: 'Make the image smaller' };
}

function fromDataUri(text: string, keep: (bytes: Buffer, shown: string) => Taken | Refused): Taken | Refused {
  const comma = text.indexOf(',');
  const data = text.slice(comma + 1).replaceAll(/\s/g, '');
  if (comma < 0 || !/;base64$/i.test(text.slice(0, comma)) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    return { message: 'the data: URI is not Base64', remedy: 'Write data:image/png;base64,…' };
  }
  return keep(Buffer.from(data, 'base64'), 'the data: URI');
}

function pathOf(text: string, folder: string): string | null {
  try {
    return /^file:/i.test(text) ? fileURLToPath(text) : path.resolve(folder, text);
  } catch {
    return null;
  }
}

function imageFile(file: string, contentType: string, reference: string): StoredImage {
  return {
    contentType,
    get bytes() {
      const bytes = readFileSync(file);
      if (imageReference(bytes) !== reference) throw new Error(`The image ${file} changed while it was being taken in. Run the command again.`);
      return bytes;
    },
  };
}
