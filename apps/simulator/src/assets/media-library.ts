import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Task } from '../task.ts';
import { shown } from '../upstreams/upstream.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

const VIDEOS = [
  { file: 'test-pattern.mp4', width: 320, height: 180, seconds: 3 },
  { file: 'mandelbrot.mp4', width: 320, height: 180, seconds: 5 },
  { file: 'life.mp4', width: 320, height: 180, seconds: 4 },
  { file: 'gradients-vertical.mp4', width: 180, height: 320, seconds: 4 },
  { file: 'cellular-square.mp4', width: 240, height: 240, seconds: 4 },
  { file: 'sierpinski-wide.mp4', width: 388, height: 164, seconds: 3 },
] as const;

/**
 * The videos and covers that stand for results, read once at the start. Which one a task gets depends on the ratio it
 * asked for and on its id. Every video ends with an MP4 `free` box that holds the task's id: players skip it, and a test can
 * see that the right file landed in the right place.
 */
export class MediaLibrary {
  readonly #files: ReadonlyMap<string, Buffer>;

  private constructor(files: ReadonlyMap<string, Buffer>) {
    this.#files = files;
  }

  static async open(): Promise<MediaLibrary> {
    const names = [...VIDEOS.map(({ file }) => file), 'cover.jpg', 'cover-vertical.jpg'];
    return new MediaLibrary(new Map(await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, FIXTURES))] as const))));
  }

  size(task: Task): { width: number; height: number; seconds: number } {
    const { width, height, seconds } = pick(task);
    return { width, height, seconds };
  }

  video(task: Task): Buffer {
    return Buffer.concat([this.#file(pick(task).file), freeBox(task.id)]);
  }

  cover(task: Task): Buffer {
    const { width, height } = pick(task);
    return this.#file(height > width ? 'cover-vertical.jpg' : 'cover.jpg');
  }

  #file(name: string): Buffer {
    const bytes = this.#files.get(name);
    if (bytes === undefined) throw new Error(`The fixture ${name} was not loaded.`);
    return bytes;
  }
}

function pick(task: Task): (typeof VIDEOS)[number] {
  const fitting = VIDEOS.filter(({ width, height }) => fits(askedRatio(task), width / height));
  const choices = fitting.length === 0 ? VIDEOS : fitting;
  const index = createHash('sha256').update(task.id).digest().readUInt32BE(0) % choices.length;
  return choices[index] ?? VIDEOS[0];
}

function askedRatio({ request }: Task): number | undefined {
  const settings = request['settings'] as Record<string, unknown> | undefined;
  const [width, height] = shown(request['aspect_ratio'] ?? settings?.['aspect_ratio'] ?? '').split(':').map(Number);
  return width !== undefined && height !== undefined && height > 0 ? width / height : undefined;
}

function fits(asked: number | undefined, ratio: number): boolean {
  return asked === undefined || Math.abs(Math.log(asked / ratio)) < 0.2;
}

function freeBox(id: string): Buffer {
  const text = Buffer.from(`simulated task ${id}`);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(header.length + text.length, 0);
  header.write('free', 4, 'latin1');
  return Buffer.concat([header, text]);
}
