/**
 * Writes Server-Sent Events to one reader. A reader that does not read is cut off when a bounded buffer is full, and one that takes nothing of what it is
 * to take at its own pace, after a heartbeat's time. After the end nothing is written: the error would be unheard, and end the process.
 */
import { once } from 'node:events';
import type { Response } from 'express';

export interface WriterOptions {
  heartbeatMs?: number | undefined;
  mostBufferedBytes?: number | undefined;
}

export interface EventWriter {
  /** Writes the head of the answer, and keeps the connection from then on. */
  begin(): void;
  write(event: string, id: string, data: object): void;
  /** Resolves when the reader has taken what was written, or has left. */
  taken(): Promise<void>;
  /** Whether nothing can be written any more. */
  isOver(): boolean;
  end: () => void;
  /** Resolves when the reader has left, or has everything. */
  ended: Promise<void>;
  /** Keeps the connection no longer. */
  stop(): void;
}

const HEARTBEAT_MS = 15_000;
const MOST_BUFFERED_BYTES = 1024 * 1024;
const RECONNECT_MS = 2_000;

/** `cut`: called when the reader is cut off. Call it before anything of the answer is written, and while the reader is there. */
export function createEventWriter(response: Response, options: WriterOptions, cut: () => void): EventWriter {
  const { heartbeatMs = HEARTBEAT_MS, mostBufferedBytes = MOST_BUFFERED_BYTES } = options;
  const ended = new Promise<void>((resolve) => void response.once('close', resolve));
  let heartbeat: NodeJS.Timeout | undefined;
  const isOver = (): boolean => response.writableEnded || response.destroyed;

  function cutOff(): void {
    cut();
    response.destroy();
  }

  return {
    begin() {
      heartbeat = setInterval(() => isOver() || response.write(': heartbeat\n\n'), heartbeatMs);
      beginStream(response).flushHeaders();
      response.write(`retry: ${RECONNECT_MS}\n\n`);
    },
    write(event, id, data) {
      if (isOver()) return;
      response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
      if (response.writableLength > mostBufferedBytes) cutOff();
    },
    async taken() {
      if (!response.writableNeedDrain) return;
      const patience = setTimeout(cutOff, heartbeatMs);
      await Promise.race([once(response, 'drain'), ended]).finally(() => clearTimeout(patience));
    },
    isOver,
    end: () => void response.end(),
    ended,
    stop: () => clearInterval(heartbeat),
  };
}

/** The head of the answer. A HEAD request gets nothing else. */
export function beginStream(response: Response): Response {
  // Express' own `set` would add a charset, which this content type does not have.
  response.setHeader('Content-Type', 'text/event-stream');
  return response.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
}
