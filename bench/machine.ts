/** What a figure was measured on. Names neither the machine nor a place on it. */
import os from 'node:os';

export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
}

export function machine(): Machine {
  const cores = os.cpus();
  return {
    processor: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.platform()} ${os.arch()}`,
    node: process.version,
  };
}
