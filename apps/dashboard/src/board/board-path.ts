/** Where Bull Board is, and its pages of a queue and a job. */
export const BOARD_PATH = '/queues';

/** The page of a queue. `name` is the board's own name for it: shards have queues of the same names. */
export function shownQueue(queue: string, shard: number): string {
  return `${boardPrefix(shard)}${queue}`;
}

export function boardPrefix(shard: number): string {
  return shard === 0 ? '' : `s${shard}-`;
}

export function jobPath(queue: string, job: string): string {
  return `${BOARD_PATH}/queue/${encodeURIComponent(queue)}/${encodeURIComponent(job)}`;
}
