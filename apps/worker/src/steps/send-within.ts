/** The paid bytes leave within this of the decision, or not at all. Checked where they leave, on the larger of wall and monotonic clock. */
export const SEND_WITHIN_MS = 5_000;
