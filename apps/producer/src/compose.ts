/**
 * The one place where this app meets the other apps: `dailies run`, `start` and `demo` are a worker, a dashboard and the simulator in one process.
 * Each is loaded when it is needed: a `dailies status` neither waits for a web server nor holds one in memory.
 */
import type { DashboardOptions, DashboardService } from '@dailies/dashboard';
import type { Simulator, SimulatorOptions } from '@dailies/simulator';
import type { Tracing } from '@dailies/telemetry';
import type { foreignPages, readManifest, WorkerOptions, WorkerService, writePages } from '@dailies/worker';

export type { DashboardService, Simulator, WorkerService };

export async function composeWorker(options: WorkerOptions): Promise<WorkerService> {
  const { createWorker } = await import('@dailies/worker');
  return createWorker(options);
}

/** The rows of a folder's manifest as a worker wrote them; empty without a manifest. */
export async function readRows(...place: Parameters<typeof readManifest>): ReturnType<typeof readManifest> {
  const worker = await import('@dailies/worker');
  return worker.readManifest(...place);
}

/** The names of pages in the folder that Dailies did not write. */
export async function findForeignPages(...place: Parameters<typeof foreignPages>): Promise<string[]> {
  const worker = await import('@dailies/worker');
  return worker.foreignPages(...place);
}

/** What a worker writes beside the files of a batch. */
export async function writeFolderPages(...pages: Parameters<typeof writePages>): Promise<void> {
  const worker = await import('@dailies/worker');
  await worker.writePages(...pages);
}

export async function composeTracing(endpoint: string | null, service: string): Promise<Tracing> {
  const { openTracing } = await import('@dailies/telemetry');
  return openTracing(endpoint, service);
}

export async function composeDashboard(options: DashboardOptions): Promise<DashboardService> {
  const { createDashboard } = await import('@dailies/dashboard');
  return createDashboard(options);
}

export async function composeSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { startSimulator } = await import('@dailies/simulator');
  return startSimulator(options);
}
