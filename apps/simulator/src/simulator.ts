import { AccountBook } from './account-book.ts';
import { Alarms } from './alarms.ts';
import { AssetServer } from './assets/asset-server.ts';
import { MediaLibrary } from './assets/media-library.ts';
import { SignedLinks } from './assets/signed-links.ts';
import { Callbacks } from './callbacks.ts';
import { Control } from './control.ts';
import { FaultBook } from './faults/fault-book.ts';
import { HttpListener } from './http-listener.ts';
import { PaidLedger, type LedgerCounts, type PaidSubmit } from './paid-ledger.ts';
import { RequestLog, type LoggedRequest, type RequestFilter } from './request-log.ts';
import { settle, type SimulatorOptions } from './simulator-options.ts';
import { StateFile } from './state-file.ts';
import { TaskBook } from './task-book.ts';
import { UpstreamServer } from './upstream-server.ts';
import { aceData, aceDataCallback } from './upstreams/acedata.ts';
import { allegro } from './upstreams/allegro.ts';
import { kling, klingCallback } from './upstreams/kling.ts';
import type { World } from './world.ts';

/** Starts the five upstreams on one origin and their results on another. Resolves when both listen. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settle(options);
  const alarms = new Alarms();
  const tasks = new TaskBook(settings.stateFile === undefined ? undefined : new StateFile(settings.stateFile));
  const faults = new FaultBook(settings.seed, options.faults);
  let assetOrigin = settings.assetOrigin ?? '';
  const world: World = {
    settings, tasks, alarms,
    accounts: new AccountBook(settings.limits),
    ledger: new PaidLedger(),
    requests: new RequestLog(settings.requestLogSize),
    callbacks: new Callbacks(alarms, (task, phase, now) => task.provider === 'kling'
      ? klingCallback(world, task, now)
      : aceDataCallback(world, task, phase, now), (task) => tasks.get(task.id) === task),
    media: await MediaLibrary.open(),
    links: new SignedLinks(settings.seed, settings.linkLifeMs, () => assetOrigin),
  };
  const reset = (): void => {
    tasks.clear();
    world.accounts.clear();
    world.ledger.clear();
    world.requests.clear();
    faults.clear();
  };
  restore(world);
  const assets = await HttpListener.open(settings.host, settings.assetPort, new AssetServer(world, faults).handle);
  assetOrigin = settings.assetOrigin ?? assets.url;
  const upstreams = [allegro(world), kling(world), aceData(world)];
  const server = new UpstreamServer(world, faults, upstreams, new Control(world, faults, reset));
  const api = await HttpListener.open(settings.host, settings.port, server.handle).catch(async (error: unknown) => {
    await assets.close();
    throw error;
  });
  const counts = (): LedgerCounts => world.ledger.counts(world.accounts.counts(Date.now()));
  return {
    url: api.url, port: api.port, assetsUrl: assetOrigin, assetsPort: assets.port, faults, reset, counts,
    ledger: () => world.ledger.rows(),
    requests: (filter) => world.requests.entries(filter),
    nextRequest: (matches) => world.requests.next(matches),
    close: async () => {
      alarms.clear();
      await Promise.all([api.close(), assets.close()]);
    },
  };
}

export interface Simulator {
  /** The base URL for all five. */
  readonly url: string;
  readonly port: number;
  readonly assetsUrl: string;
  readonly assetsPort: number;
  readonly faults: FaultBook;
  /** Every POST that made a task; with a state file, those of earlier processes too. */
  ledger(): PaidSubmit[];
  counts(): LedgerCounts;
  requests(filter?: RequestFilter): LoggedRequest[];
  /** Resolves with the next request that is like this, when its answer has been decided. */
  nextRequest(matches: (request: LoggedRequest) => boolean): Promise<LoggedRequest>;
  /** Forgets tasks, ledger, log and faults. */
  reset(): void;
  close(): Promise<void>;
}

/** Tasks of an earlier process: they stay in the ledger; those that still run hold their places and call back. */
function restore({ tasks, accounts, ledger, callbacks }: World): void {
  const now = Date.now();
  for (const task of tasks.all()) {
    ledger.accept(task);
    accounts.hold(task, now);
    if (task.finishesAt > now) callbacks.follow(task, now);
  }
}
