/**
 * A Cluster connection whose pipelines tell the truth about a slot that moves. Half of its keys are on another node then, and Redis says ASK
 * for each of them. ioredis follows a single command there; a pipeline it sends there whole, and the node answers for what it has not got yet
 * that there is no such key. So here each read of a pipeline asks for itself, and everything else of it waits until the slot is whole.
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

  /** As BullMQ makes its own of ours. */
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
      // From here on it is a command like any other: where its pipeline went does not concern it.
      delete command.pipelineIndex;
      super.sendCommand(command);
    };
  }
}

function isPipeline(stream: Stream): boolean {
  return stream !== undefined && 'isPipeline' in stream;
}
