/**
 * The bytes of a prompt file or of stdin, within bounds: what is too large is refused before it is read, what is no file is named.
 */
import type { FieldFault } from '@dailies/queue';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

export type Source = { path: string } | { stdin: NodeJS.ReadableStream };
export type Format = 'txt' | 'jsonl' | 'csv' | 'tsv';

export interface Content {
  bytes: Buffer;
  /** Null: stdin, which has no name to tell it by. */
  format: Format | null;
  /** Where relative image paths start: the folder of the file, or the current one. */
  folder: string;
}

export async function readSource(source: Source): Promise<Content | FieldFault> {
  return 'path' in source ? await readFromFile(source.path) : await readFromStream(source.stdin);
}

export const MOST_BYTES = 64 * 1024 * 1024;

const REMEDIES = new Map<string, string>([
  ...['.xlsx', '.xls', '.ods', '.numbers'].map((type) => [type, 'Save it as "CSV UTF-8" in the program that made it'] as const),
  ...['.rtf', '.docx', '.doc', '.odt', '.pages'].map((type) => [type, 'Save it as plain text (.txt, UTF-8) in the program that made it'] as const),
]);
const FORMATS: Record<string, Format> = { '.txt': 'txt', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.csv': 'csv', '.tsv': 'tsv' };

async function readFromFile(file: string): Promise<Content | FieldFault> {
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) return refused('is a folder, not a prompt file', 'Name one file in it');
    if (!facts.isFile()) return refused('is not a regular file', 'Give "-" to read from stdin');
    const extension = path.extname(file).toLowerCase();
    const format = FORMATS[extension];
    if (format === undefined) {
      const remedy = REMEDIES.get(extension) ?? 'Name it .txt, .jsonl, .csv or .tsv by what is in it';
      return refused(extension ? `files of type "${extension}" are not read` : 'has no extension', remedy);
    }
    if (facts.size > MOST_BYTES) return tooLarge(`has ${megabytes(facts.size)}`);
    return { bytes: await readFile(file), format, folder: path.dirname(path.resolve(file)) };
  } catch (error) {
    return unreadable(error);
  }
}

async function readFromStream(stream: NodeJS.ReadableStream): Promise<Content | FieldFault> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > MOST_BYTES) return tooLarge('sends too much');
    chunks.push(bytes);
  }
  return { bytes: Buffer.concat(chunks), format: null, folder: path.resolve() };
}

function unreadable(error: unknown): FieldFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return refused('there is no such file', 'Check the path');
  if (code === 'EACCES' || code === 'EPERM') return refused('may not be read by this user', 'Change its permissions, or run as its owner');
  return refused(`cannot be read (${code || String(error)})`, 'Check the file and its disk');
}

function tooLarge(what: string): FieldFault {
  return refused(`${what}: more than ${megabytes(MOST_BYTES)} are not read`, 'Split it into several files');
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}

function refused(message: string, remedy: string): FieldFault {
  return { field: null, message, remedy };
}
