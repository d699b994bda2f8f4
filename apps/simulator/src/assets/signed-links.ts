import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Task } from '../task.ts';

/** Links to results that look signed and do expire. The secret comes from the seed, so links outlive a restart at the same port. */
export class SignedLinks {
  readonly #secret: string;
  readonly #lifeMs: number;
  readonly #origin: () => string;

  constructor(seed: number, lifeMs: number, origin: () => string) {
    this.#secret = `simulator ${seed}`;
    this.#lifeMs = lifeMs;
    this.#origin = origin;
  }

  get origin(): string {
    return this.#origin();
  }

  video(task: Task, now: number): string {
    return this.#sign(`/${task.provider}/${task.id}.mp4`, now);
  }

  /** The copy with a watermark, where one was asked for. */
  watermarked(task: Task, now: number): string {
    return this.#sign(`/${task.provider}/${task.id}.watermark.mp4`, now);
  }

  cover(task: Task, now: number): string {
    return this.#sign(`/${task.provider}/${task.id}.jpg`, now);
  }

  check(url: URL, now: number): 'valid' | 'expired' | 'forged' {
    const expires = url.searchParams.get('Expires') ?? '';
    const given = Buffer.from(url.searchParams.get('Signature') ?? '');
    const right = Buffer.from(this.#signature(url.pathname, expires));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
    return Number(expires) * 1000 <= now ? 'expired' : 'valid';
  }

  #sign(path: string, now: number): string {
    const expires = ((now + this.#lifeMs) / 1000).toFixed(3);
    return `${this.#origin()}${path}?Expires=${expires}&Signature=${this.#signature(path, expires)}`;
  }

  #signature(path: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${path}\n${expires}`).digest('hex').slice(0, 32);
  }
}
