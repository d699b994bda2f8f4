/**
 * The gate that REDIS_REPLICAS=n puts before every paid request: nothing is submitted while fewer than n replicas follow, and no request leaves
 * whose intent they have not. Looked at before a job is taken, so that what cannot be sent is not taken out and put back again and again.
 */
import { type Acknowledgement, type Log, type Proof, type Store, acknowledge } from '@dailies/queue';

export interface ReplicaGate {
  /** Whether the replicas of this shard follow. While they do not, it is found out once a second at most, however many ask. */
  isOpen(shard: Store): Promise<boolean>;
  has(shard: Store, proof: Proof): Promise<Acknowledgement>;
  /** Why something is not submitted, in words; null: everything is. */
  fault(): string | null;
}

/** An intent may leave for five seconds: the rest of them is for the request. */
const WITHIN_MS = 1_000;
const ASK_AGAIN_MS = 1_000;

export function createReplicaGate(replicas: number, log: Log): ReplicaGate {
  /** Shards that are shut, by number. */
  const shut = new Map<number, { askedAt: number; asking: Promise<Acknowledgement> | null }>();

  function learn({ number, keys }: Store, answer: Acknowledgement): Acknowledgement {
    if (answer === 'few') {
      if (!shut.has(number)) log.error({ replicas, shard: keys.tag }, 'too few replicas of Redis follow (REDIS_REPLICAS): nothing is submitted until they do');
      shut.set(number, { askedAt: Date.now(), asking: null });
    } else if (shut.delete(number)) {
      log.info({ replicas, shard: keys.tag }, 'the replicas of Redis follow again: submits go on');
    }
    return answer;
  }

  return {
    async isOpen(shard) {
      const closed = shut.get(shard.number);
      if (closed === undefined) return true;
      if (Date.now() - closed.askedAt < ASK_AGAIN_MS) return false;
      closed.asking ??= acknowledge(shard, replicas, null, WITHIN_MS).then((answer) => learn(shard, answer));
      return (await closed.asking) === 'yes';
    },
    has: async (shard, proof) => learn(shard, await acknowledge(shard, replicas, proof, WITHIN_MS)),
    fault: () => (shut.size > 0 ? `fewer than ${replicas} replicas of Redis follow (REDIS_REPLICAS): nothing is submitted` : null),
  };
}
