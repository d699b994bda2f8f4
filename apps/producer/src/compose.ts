/**
 * The one place where this app meets the other apps: `dailies run`, `start` and `demo` are a worker, a dashboard and the simulator in one process.
 * Each is loaded when it is needed: a `dailies status` neither waits for a web server nor holds one in memory.
 */
import type { DashboardOptions, DashboardService } from '@dailies/dashboard';
import type { Simulator, SimulatorOptions } from '@dailies/simulator';
import type { Tracing } from '@dailies/telemetry';
import type { WorkerOptions, WorkerService } from '@dailies/worker';

export type { DashboardService, Simulator, WorkerService };

export async function composeWorker(options: WorkerOptions): Promise<WorkerService> {
  const { createWorker } = await import('@dailies/worker');
  return createWorker(options);
}

/** Whether a stored file is still the one that was stored. */
export async function composeVerifyFile(): Promise<(path: string, stored: { sha256: string; bytes: number }) => Promise<'ok' | 'missing' | 'damaged'>> {
  const { verifyFile } = await import('@dailies/worker');
  return verifyFile;
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
