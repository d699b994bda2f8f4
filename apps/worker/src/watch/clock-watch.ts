/**
 * How far the clock of this machine is apart from that of Redis. Deadlines, the times of looks, and what is looked up of a submit in doubt go by it, so a
 * person is told of a wrong one. Decides nothing.
 */
import { CLOCK_LIMIT_MS, type Log } from '@dailies/queue';

export interface ClockWatch {
  /** Epoch milliseconds: by our clock when Redis was asked and when it had answered, and its own. */
  saw(asked: number, redis: number, answered: number): void;
  /** Milliseconds by which ours is ahead, below 0: behind; undefined while they agree. */
  aheadMs(): number | undefined;
}

export function createClockWatch(log: Log): ClockWatch {
  let aheadMs: number | undefined;
  return {
    saw(asked, redis, answered) {
      // So late an answer, or a clock that was set meanwhile, does not tell how far they are apart.
      if (Math.abs(answered - asked) > CLOCK_LIMIT_MS) return;
      const ahead = Math.round((asked + answered) / 2 - redis);
      const isApart = Math.abs(ahead) > CLOCK_LIMIT_MS;
      if (isApart && aheadMs === undefined) {
        log.error({ aheadMs: ahead }, 'wrong clock: this one and that of Redis are apart. Switch on time synchronisation (NTP) on both machines');
      }
      if (!isApart && aheadMs !== undefined) log.info('this clock and that of Redis agree again');
      aheadMs = isApart ? ahead : undefined;
    },
    aheadMs: () => aheadMs,
  };
}
