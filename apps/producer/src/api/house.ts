/** What every operation of the API works with. Nothing in here changes while it runs. */
import type { AcceptOptions, Config, Desk, EventFeed, Log, ParametersOf, Singles } from '@dailies/queue';
import type { Results } from '@dailies/results';

export interface House {
  config: Config;
  desk: Desk;
  singles: Singles;
  /** How anything is accepted. */
  accepting: AcceptOptions;
  feed: EventFeed;
  log: Log;
  parameters: ParametersOf;
  /** Where the files are. */
  results: Results;
  /** Work that goes on after its answer (adding jobs): a stop waits for it. */
  afterwards: (work: Promise<void>) => void;
  /** Aborted when the API stops: streams end, and so do connections. */
  stopping: AbortSignal;
}
