/** Starts the upstream of the whole-path benchmarks as a process of its own, and asks it what it was asked for. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawnProgram } from '../pipeline/program.ts';

/** Of one group of prompts. Times are the upstream's, in milliseconds; 0: not yet. */
export interface GroupCounts {
  /** Paid requests. */
  posts: number;
  /** Paid requests for a prompt that had been paid for. */
  repeated: number;
  /** Different prompts that were paid for. */
  accepted: number;
  /** Looks at a task, each task of a list page included. */
  polls: number;
  /** List pages that showed one of them. */
  lists: number;
  /** Tasks whose video was fetched. */
  assets: number;
  firstPostAt: number;
  lastAssetAt: number;
}

export interface Upstream {
  url: string;
  counts(group: string): Promise<GroupCounts>;
  /** Kills the process at that paid request of the group, before it is answered. */
  killAt(group: string, posts: number, pid: number): Promise<void>;
  close(): Promise<void>;
}

/** With `lists` it shows pages of tasks, which proving that one is absent needs. */
export async function startUpstream(lists: boolean): Promise<Upstream> {
  const child = spawnProgram(fileURLToPath(new URL('upstream-process.ts', import.meta.url)), lists ? ['lists'] : [], {});
  const [port] = (await once(child, 'message')) as [number];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async counts(group) {
      return (await (await fetch(`${url}/counts?group=${encodeURIComponent(group)}`)).json()) as GroupCounts;
    },
    async killAt(group, posts, pid) {
      await fetch(`${url}/kill?group=${encodeURIComponent(group)}&posts=${posts}&pid=${pid}`);
    },
    async close() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
