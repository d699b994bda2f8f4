/** One thing that goes wrong, and what must then be said of it, and where. */
export interface Incident {
  name: string;
  cause: () => Promise<void>;
  /** What the overview must say, in its own words. */
  overview: RegExp;
  /** A line that some process must show at /metrics. */
  metric: RegExp;
  /** The alert that must fire. */
  alert: string;
  /** Undoes it, so that the next one is seen alone. */
  cure: () => Promise<void>;
}
