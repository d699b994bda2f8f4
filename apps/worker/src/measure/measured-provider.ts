/** A provider whose requests are timed, so that steps need not know about metrics. It changes no answer and no error. */
import { type Provider, type ProviderName, ProviderError, PROVIDERS } from '@dailies/providers';
import type { Meter } from '@dailies/telemetry';

export type MeasuredProviders = Readonly<Record<ProviderName, Provider>>;

export function measuredProviders(meter: Meter): MeasuredProviders {
  return Object.fromEntries(Object.entries(PROVIDERS).map(([name, provider]) => [name, measured(provider, meter)])) as Record<ProviderName, Provider>;
}

function measured(provider: Provider, meter: Meter): Provider {
  return {
    ...provider,
    submit: (request, call) => timed(provider.submit(request, call), () => 'accepted', (outcome, s) => meter.observe('dailies_submit_seconds', { provider: provider.name, outcome }, s)),
    poll: (task, call) => timed(provider.poll(task, call), ({ state }) => state, (outcome, s) => meter.observe('dailies_poll_seconds', { provider: provider.name, outcome }, s)),
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
