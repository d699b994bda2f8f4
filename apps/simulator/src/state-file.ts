import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Task } from './task.ts';

/**
 * Accepted tasks on disk, one JSON line each, the last line of a task counts. A line is written before the upstream
 * answers, so a killed simulator still knows what it accepted. A cut last line (a crash) is dropped, never an error.
 */
export class StateFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  read(): Task[] {
    if (!existsSync(this.#path)) return [];
    const text = readFileSync(this.#path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(this.#path, Buffer.byteLength(whole));
    const tasks = new Map<string, Task>();
    for (const [index, line] of whole.split('\n').entries()) {
      if (line === '') continue;
      const task = this.#parse(line, index + 1);
      tasks.set(task.id, task);
    }
    return [...tasks.values()];
  }

  append(task: Task): void {
    appendFileSync(this.#path, `${JSON.stringify({ v: 1, task })}\n`);
  }

  clear(): void {
    writeFileSync(this.#path, '');
  }

  #parse(line: string, number: number): Task {
    try {
      const row = JSON.parse(line) as { v?: number; task?: Task };
      if (row.v === 1 && typeof row.task?.id === 'string') return row.task;
    } catch {
      // Told below, with the line's number.
    }
    throw new Error(`State file ${this.#path}, line ${number}: this is not a task of the simulator. Remove the line, or start with another file.`);
  }
}
