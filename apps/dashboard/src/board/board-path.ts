/** Where Bull Board is, and its pages of a queue and a job. */
export const BOARD_PATH = '/queues';

export function jobPath(queue: string, job: string): string {
  return `${BOARD_PATH}/queue/${encodeURIComponent(queue)}/${encodeURIComponent(job)}`;
}
