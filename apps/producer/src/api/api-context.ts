/** What every operation of the API works with. Nothing in it changes while the API runs. */
import type { AcceptOptions, Config, Desk, EventFeed, Log, ParametersOf, Singles } from '@dailies/queue';
import type { Results } from '@dailies/results';

export interface ApiContext {
  config: Config;
  desk: Desk;
  singles: Singles;
  /** Accepts requests and batches. */
  accepting: AcceptOptions;
  feed: EventFeed;
  log: Log;
  parameters: ParametersOf;
  /** The stores of the files. */
  results: Results;
  /** Work that goes on after its answer (adding jobs). A stop waits for it. */
  afterwards: (work: Promise<void>) => void;
  /** Aborted when the API stops, which ends streams and connections. */
  stopping: AbortSignal;
}
