/**
 * How the servers hang together, and whether REDIS_REPLICAS counts every replica that may be promoted: one that is promoted without having been waited
 * for may not know that a prompt was paid for.
 */
import type { Finding } from './durability.ts';
import type { Server, Servers } from './servers.ts';

export function topologyFindings({ isCluster, all }: Servers, replicas: number): Finding[] {
  const masters = all.filter(({ info, follows }) => info !== null && follows === null);
  if (!isCluster && all.length === 1 && replicas === 0) return [];
  const kind = isCluster ? 'A Redis Cluster' : 'One master';
  const shape = masters.map(({ place }) => {
    const replicasHere = replicasOf(all, place).map((one) => `← ${one.place}${one.mayBePromoted ? '' : ' (is never promoted)'}`);
    return [place, ...replicasHere].join(' ');
  });
  return [{ level: 'ok', what: `${kind}: ${shape.join('; ')}.` }, ...masters.map(({ place }) => counted(place, replicasOf(all, place), replicas))];
}

function replicasOf(all: readonly Server[], master: string): Server[] {
  return all.filter(({ follows }) => follows === master);
}

function counted(master: string, followers: readonly Server[], replicas: number): Finding {
  const promotable = followers.filter(({ mayBePromoted }) => mayBePromoted).length;
  if (followers.length < replicas) {
    return {
      level: 'error',
      what: `${master} has ${followers.length} of the ${replicas} replicas that REDIS_REPLICAS wants: nothing is submitted or accepted.`,
      remedy: 'Bring the missing ones back. Lower REDIS_REPLICAS only for those that are gone for good.',
    };
  }
  if (promotable > replicas) {
    return {
      level: 'warn',
      what:
        `${master} has ${promotable} ${promotable === 1 ? 'replica' : 'replicas'} that may be promoted, and REDIS_REPLICAS is ${replicas}: `
        + 'a fail-over to one that is behind can forget that a prompt was paid for, and then holds every submit.',
      remedy: `REDIS_REPLICAS=${promotable}, or keep the others from being promoted (replica-priority 0; in a Cluster cluster-replica-no-failover yes).`,
    };
  }
  return { level: 'ok', what: `Of ${master}, every replica that may be promoted has an intent before it is paid for (REDIS_REPLICAS=${replicas}).` };
}
