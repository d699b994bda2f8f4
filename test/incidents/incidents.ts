/** The five that wake an operator, and one more: all workers at once. In this order each is seen alone. */
import type { Incident } from './incident.ts';
import type { Stage } from './stage.ts';

export function incidentsOf({ ask, redis, simulator, workers }: Stage): Incident[] {
  const nothing = async (): Promise<void> => undefined;
  const [first] = workers;
  return [
    {
      name: 'all slots of an account are taken',
      cause: async () => {
        for (const word of ['one', 'two', 'three', 'four']) await ask('luma', `a shuttle, number ${word}`);
      },
      overview: /every slot is used: the next submit waits for a video to end/,
      metric: /dailies_slots_taken\{account="acedata@[^"]*"\} 2\b/,
      alert: 'DailiesSlotsFull',
      cure: nothing,
    },
    {
      name: 'the balance is empty',
      cause: async () => {
        simulator.faults.add({ on: 'create', what: 'kling:1102', provider: 'kling' });
        await ask('kling', 'a dog runs on the grass');
      },
      overview: /the money: balance or quota is used up/,
      metric: /dailies_paused\{provider="kling",kind="quota"\} 1/,
      alert: 'DailiesAccountPaused',
      cure: nothing,
    },
    {
      name: 'a worker is frozen',
      cause: async () => first?.kill('SIGSTOP'),
      overview: /silent worker.*has been silent for \d+ s: killed, frozen or cut off/s,
      metric: /dailies_workers\{state="silent"\} 1/,
      alert: 'DailiesWorkerSilent',
      cure: async () => first?.kill('SIGCONT'),
    },
    {
      name: 'every worker is frozen',
      cause: async () => {
        for (const worker of workers) worker.kill('SIGSTOP');
      },
      overview: /no worker.*nothing is submitted, polled or downloaded/s,
      metric: /dailies_workers\{state="alive"\} 0/,
      alert: 'DailiesNoWorker',
      cure: async () => {
        for (const worker of workers) worker.kill('SIGCONT');
      },
    },
    {
      name: 'Redis is killed',
      cause: () => redis.kill(),
      overview: /Redis does not answer.*Nothing is lost/s,
      metric: /dailies_redis_up 0/,
      alert: 'DailiesRedisAway',
      cure: () => redis.restart(),
    },
    {
      name: 'the upstream is killed: polls',
      cause: () => simulator.close(),
      overview: /the upstream, or the way to it: polls get no usable answer/,
      metric: /dailies_poll_seconds_count\{provider="luma",outcome="unavailable"\} [1-9]/,
      alert: 'DailiesUpstreamTrouble',
      cure: nothing,
    },
    {
      name: 'the upstream is away: submits',
      cause: async () => {
        for (const word of ['one', 'two', 'three', 'four']) await ask('allegro', `a red fox runs through fresh snow at dawn, take ${word}`);
      },
      overview: /the upstream did not answer three submits in a row/,
      metric: /dailies_breaker_open\{account="allegro@[^"]*"\} 1/,
      alert: 'DailiesBreakerOpen',
      cure: nothing,
    },
  ];
}
