/**
 * The gate that REDIS_REPLICAS=n puts before every paid request: nothing is submitted while fewer than n replicas follow, and no request leaves
 * before n replicas have its intent. A submit loop asks it before it takes a job, so that a job which cannot be sent is not taken and put back for ever.
 */
import { type Acknowledgement, type Log, type Proof, type Store, acknowledge } from '@dailies/queue';

export interface ReplicaGate {
  /** Whether enough replicas of this shard follow. While they do not, Redis is asked once a second at most, however many submit loops ask here. */
  isOpen(shard: Store): Promise<boolean>;
  /** Whether they have this write. */
  has(shard: Store, proof: Proof): Promise<Acknowledgement>;
  /** For people: why nothing is submitted, in some shard; null: no shard is shut. */
  fault(): string | null;
  /** The numbers of the shards that are shut. */
  shut(): number[];
}

/**
 * A request may leave until SEND_WITHIN_MS (5 s) after its intent: of these the replicas get one second (the first question also opens a connection, for two
 * at most), the connection to the upstream the rest.
 */
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
    shut: () => [...shut.keys()],
  };
}
