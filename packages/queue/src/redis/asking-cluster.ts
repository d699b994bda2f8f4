/**
 * A Cluster connection whose pipelines tell the truth about a slot that moves. Half of the keys of the slot are on another node then, and Redis answers
 * ASK for each of them. A single command ioredis sends to the other node; but a pipeline it sends there whole, and for the keys that are not there yet
 * the other node answers that there is no such key. So here each read of a pipeline follows ASK on its own, and every other command of it waits until the
 * slot is whole.
 *
 * It must never let a key that only moves look like one that is not there.
 */
import { hasFlag } from '@ioredis/commands';
import { Cluster, type ClusterNode, type ClusterOptions, type Command, type RedisOptions } from 'ioredis';

/** RESP's newer reply shapes are nothing that our code, or BullMQ, reads. */
export type ServerOptions = Omit<RedisOptions, 'replyMapping'>;
export type Settings = Omit<ClusterOptions, 'redisOptions'> & { redisOptions: ServerOptions };

type Stream = Parameters<Cluster['sendCommand']>[1];

export class AskingCluster extends Cluster {
  private readonly places: ClusterNode[];
  private readonly settings: Settings;

  constructor(places: ClusterNode[], settings: Settings) {
    super(places, settings);
    this.places = places;
    this.settings = settings;
  }

  override sendCommand(command: Command, stream?: Stream, node?: unknown): unknown {
    if (isPipeline(stream)) this.askForItself(command);
    return super.sendCommand(command, stream, node);
  }

  /** BullMQ makes connections of its own by it. */
  override duplicate(places: ClusterNode[] = [], { redisOptions, ...others }: Partial<Settings> = {}): Cluster {
    const settings = { ...this.settings, ...others, redisOptions: { ...this.settings.redisOptions, ...redisOptions } };
    return new AskingCluster(places.length > 0 ? places : this.places, settings);
  }

  private askForItself(command: Command): void {
    const { reject } = command;
    command.reject = (error) => {
      if (!error.message.startsWith('ASK ')) return reject(error);
      if (command.inTransaction || !hasFlag(command.name, 'readonly')) {
        return reject(new Error(`TRYAGAIN a part of this pipeline is on another node: ${error.message}`));
      }
      command.reject = reject;
      // From here on it is a single command, which ioredis sends where ASK says, not where its pipeline went.
      delete command.pipelineIndex;
      super.sendCommand(command);
    };
  }
}

function isPipeline(stream: Stream): boolean {
  return stream !== undefined && 'isPipeline' in stream;
}
