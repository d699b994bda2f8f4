/** What every operation of the API works with. Nothing in here changes while it runs. */
import type { AcceptOptions, Config, Desk, EventFeed, Generation, Log, ParametersOf, Singles } from '@dailies/queue';

export interface House {
  config: Config;
  desk: Desk;
  singles: Singles;
  /** How anything is accepted. */
  accepting: AcceptOptions;
  feed: EventFeed;
  log: Log;
  parameters: ParametersOf;
  /** Whether the files of a generation are whole where they are stored. */
  filesAreWhole: (generation: Generation) => Promise<boolean>;
  /** Work that goes on after its answer (adding jobs): a stop waits for it. */
  afterwards: (work: Promise<void>) => void;
  /** Aborted when the API stops: streams end. */
  stopping: AbortSignal;
}
