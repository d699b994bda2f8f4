/** A provider whose requests are timed, so that steps need not know about metrics. It changes no answer and no error. */
import { type Provider, type ProviderName, ProviderError, PROVIDERS } from '@dailies/providers';
import type { Meter } from '@dailies/telemetry';
import { hasMany } from '../questions/ask-together.ts';

export type MeasuredProviders = Readonly<Record<ProviderName, Provider>>;

/** `sawPoll`: called after every poll with what came of it. */
export function measuredProviders(meter: Meter, sawPoll: SawPoll): MeasuredProviders {
  return Object.fromEntries(Object.entries(PROVIDERS).map(([name, provider]) => [name, measured(provider, meter, sawPoll)])) as Record<ProviderName, Provider>;
}

type SawPoll = (provider: ProviderName, outcome: string) => void;

function measured(provider: Provider, meter: Meter, sawPoll: SawPoll): Provider {
  const { name } = provider;
  const observeSubmit = (outcome: string, seconds: number): void => meter.observe('dailies_submit_seconds', { provider: name, outcome }, seconds);
  const observePoll = (outcome: string, seconds: number): void => {
    sawPoll(name, outcome);
    meter.observe('dailies_poll_seconds', { provider: name, outcome }, seconds);
  };
  return {
    ...provider,
    submit: (request, call) => timed(provider.submit(request, call), () => 'accepted', observeSubmit),
    poll: (task, call) => timed(provider.poll(task, call), ({ state }) => state, observePoll),
    ...(hasMany(provider) ? { pollMany: (tasks, call) => timed(provider.pollMany(tasks, call), () => 'many', observePoll) } : {}),
  };
}

async function timed<T>(work: Promise<T>, outcomeOf: (answer: T) => string, observe: (outcome: string, seconds: number) => void): Promise<T> {
  const from = performance.now();
  const end = (outcome: string): void => observe(outcome, (performance.now() - from) / 1000);
  try {
    const answer = await work;
    end(outcomeOf(answer));
    return answer;
  } catch (error) {
    end(error instanceof ProviderError ? error.kind : 'fault');
    throw error;
  }
}
