/**
 * Takes the valid lines of a prompt file into the ledger and makes sure that each has its job, including what an earlier call left undone by a crash.
 * All lines are accepted, or none. A generation that only the folder's manifest knows is taken in as it was, and not submitted.
 */
import {
  chunked, TooFewReplicas, createGenerations, expectReplicas, handOver, keepOnReplicas, readGenerations, release, repair, storeImages, takenIds,
  type Generation,
} from '@dailies/queue';
import { Complaint } from '../../complaint.ts';
import type { PromptItem } from '../../input/index.ts';
import type { Session } from '../../session.ts';
import { defaultFolder } from '../files/batch-folder.ts';
import { recall } from './recall.ts';

export interface Intent {
  batch: string;
  attended: boolean;
  /** An absolute path. Undefined: where services write. */
  folder?: string | undefined;
  /** The batch's. */
  webhook?: string | undefined;
  items: readonly PromptItem[];
}

export type TakenIn =
  | {
      outcome: 'accepted';
      created: string[];
      known: string[];
      /** Taken from the manifest. */
      recalled: string[];
      /** What was left out of the manifest's rows, for people. */
      leftOut?: string | undefined;
    }
  /** Ids that already stand for other requests. If there are any, nothing was accepted. */
  | { outcome: 'conflict'; ids: string[] };

const PAGE = 500;

export async function takeIn(session: Session, intent: Intent): Promise<TakenIn> {
  const { store, queues } = session.desk;
  const { batch, attended, folder, webhook } = intent;
  const { items: lines, conflicts, leftOut } = await recall(session, folder ?? defaultFolder(session.config, batch), intent.items);
  const items = lines.map((item) => item.generation);
  if (conflicts.length > 0) return { outcome: 'conflict', ids: [...conflicts, ...(await takenIds(store, items))] };
  await storeImages(store, lines);
  await expectReplicas(store, session.config.redisReplicas, items.map(({ account }) => account)).catch(refuse);
  const result = await createGenerations(store, { batch, lane: batch, attended, folder, webhook, items });
  if (result.outcome === 'conflict') return result;
  if (result.outcome !== 'accepted') {
    throw new Complaint(
      `Another \`dailies\` is taking prompts into the batch ${batch} at this moment. Nothing was enqueued. Try again when it is done ` +
        '(one that crashed in the middle is forgotten after a minute).',
    );
  }
  // This comes before any job: a generation that may be lost again must not be begun. The repair below gives one to what was refused before, too.
  await keepOnReplicas(session.desk, { replicas: session.config.redisReplicas, batch, items }, result).catch(refuse);
  for (const page of chunked(result.created, PAGE)) {
    const made = await readGenerations(store, page);
    await handOver(store, queues, made.filter((one): one is Generation => one !== null));
  }
  if (result.known.length > 0) await release(store, queues, result.known, ['unattended', 'dropped']);
  await repair(store, queues, [...result.created, ...result.known]);
  const earlier = new Set(items.filter((item) => item.earlier !== undefined).map(({ id }) => id));
  const recalled = result.created.filter((id) => earlier.has(id));
  return { ...result, created: result.created.filter((id) => !earlier.has(id)), recalled, leftOut };
}

function refuse(error: unknown): never {
  if (!(error instanceof TooFewReplicas)) throw error;
  throw new Complaint(`Not accepted: ${error.message}, and REDIS_REPLICAS wants them. Say it again when they follow: the same file is the same work.`);
}
