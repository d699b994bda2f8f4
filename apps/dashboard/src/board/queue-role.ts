/** What each queue is for, in plain words. The names themselves are on the wire and belong to @dailies/queue. */
import { type Config, DOWNLOAD_QUEUE, pollQueue, type ProviderConfig, type QueueKind, submitQueue, WEBHOOK_QUEUE } from '@dailies/queue';

export interface QueueRole {
  queue: string;
  kind: QueueKind | 'webhook';
  /** Null for the queue that all providers share. */
  provider: ProviderConfig | null;
  title: string;
  description: string;
}

/** The accounts of a provider, even when its key is not configured here. They tell which pauses concern it. */
export type AccountsOf = (provider: ProviderConfig) => readonly string[];

/** Every queue, grouped by provider. */
export function queueRoles(config: Config): QueueRole[] {
  const ofProviders = Object.values(config.providers).flatMap((provider): QueueRole[] => [
    {
      queue: submitQueue(provider.name),
      kind: 'submit',
      provider,
      title: `${provider.name} / submit`,
      description:
        `Prompts waiting for their turn at ${provider.name}: the only queue that pays. ` +
        'Retry of a single failed job may pay again; "retry all" never does. Remove cancels. Pause holds new submits, and what renders goes on.',
    },
    {
      queue: pollQueue(provider.name),
      kind: 'poll',
      provider,
      title: `${provider.name} / poll`,
      description:
        `Videos that ${provider.name} is making: delayed is normal, a look costs nothing. ` +
        'Retry of a single failed job may pay again; "retry all" never does. Remove cancels, and what renders is billed all the same. ' +
        `The first look comes after ${seconds(provider.pace.firstPollMs)}, and cannot be promoted before; ` +
        'by itself it comes later where such tasks are known to take longer. Pause holds submits and looks; resume ends both.',
    },
  ]);
  const download: QueueRole = {
    queue: DOWNLOAD_QUEUE,
    kind: 'download',
    provider: null,
    title: DOWNLOAD_QUEUE,
    description: 'Finished videos on their way to disk, of every provider. They are paid: retry only fetches, and nothing here can be canceled or paused.',
  };
  const webhook: QueueRole = {
    queue: WEBHOOK_QUEUE,
    kind: 'webhook',
    provider: null,
    title: WEBHOOK_QUEUE,
    description:
      'Events on their way to those who asked to be told. Delayed is an endpoint that failed ' +
      'and is tried again, for 24 hours. Retry and promote are free; remove gives the event up.',
  };
  return [...ofProviders, download, webhook];
}

export function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}
