/**
 * A ledger that is open: the embedded Redis or REDIS_URL, a connection, the queues. Closed in the opposite order, the embedded
 * server last, since it stops itself when its last user has gone.
 */
import {
  agreeOnShards, checkDurability, closeRedis, connectForProducer, connectForWorker, createLog, isRedisAway, openQueues, openStore, shardWaits,
  startEmbeddedRedis, whenReady,
  type Config, type Desk, type EmbeddedRedis, type Log, type Store,
} from '@dailies/queue';
import { StoreError, makePath, openResults, type Results } from '@dailies/results';
import { Complaint } from './complaint.ts';
import type { Context } from './context.ts';
import { complainOfFolder } from './folder-complaint.ts';
import type { Setting } from './setting.ts';

export interface Session {
  config: Config;
  setting: Setting;
  redisUrl: string;
  log: Log;
  desk: Desk;
  results: Results;
  /** A store on a connection of its own, for whoever blocks it. Closed with the session. */
  anotherStore(name: string): Store;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Whatever number of shards the ledger has; for who changes it. */
  anyShards?: boolean | undefined;
  /** Only looks, and shows what there is while a part of the ledger cannot be read. */
  onlyLooks?: boolean | undefined;
  /** Waits for a Redis that goes away, as long as it takes. Otherwise a command fails within two seconds. */
  patient: boolean;
  /** A service: who collects its log wants JSON. A command's few lines are read by people, also out of a file. */
  serves?: boolean | undefined;
}

const READY_MS = { patient: 10_000, hurried: 3_000 };
const CLOSE_MS = 2_000;
/** A command that only looked must not keep its person waiting while it makes sure that nobody else needs the embedded server. */
const SHORT_LOOK_MS = 100;

export async function openSession(context: Context, setting: Setting, options: SessionOptions): Promise<Session> {
  const ends: End[] = [];
  try {
    return await open(context, setting, options, ends);
  } catch (error) {
    await closeAll(ends);
    throw error;
  }
}

type End = () => Promise<void> | void;

/** The last one first. */
async function closeAll(ends: End[]): Promise<void> {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
}

/** Whatever is opened says in `ends` how it is closed. */
async function open(
  context: Context,
  setting: Setting,
  { patient, anyShards = false, onlyLooks = false, serves = false }: SessionOptions,
  ends: End[],
): Promise<Session> {
  const { config } = setting;
  const log = createLog({ level: config.logLevel, name: 'dailies', pretty: !serves || context.terminal.live });
  const embedded = config.redisUrl === null ? await startOwn(config, log, patient).catch((error: unknown) => complainOfState(error, config.stateFolder)) : null;
  ends.push(() => embedded?.release());
  const redisUrl = embedded?.url ?? config.redisUrl?.reveal() ?? '';
  const redis = (patient ? connectForWorker : connectForProducer)(redisUrl, { name: 'cli', log });
  ends.push(() => closeRedis(redis, CLOSE_MS));
  await whenReady(redis, patient ? READY_MS.patient : READY_MS.hurried).catch(complain);
  // Ours is as it must be. Whoever lists or cancels is not told again what the doctor says as well.
  if (embedded === null && patient) await warnOfForgetting(context, redis, config.redisReplicas);
  const store = openStore(redis, config.redisTag, config.shards);
  const queues = openQueues(store, log);
  ends.push(() => queues.close());
  if (!anyShards) await agreed(store, config, onlyLooks).catch(complain);
  const results = openResults(config);
  ends.push(() => results.close());
  return {
    config,
    setting,
    redisUrl,
    log,
    desk: { store, queues },
    results,
    anotherStore(name) {
      const another = openStore(connectForWorker(redisUrl, { name, log }), config.redisTag, config.shards);
      // Nobody waits for what a blocked connection still might say.
      ends.push(() => another.redis.disconnect());
      return another;
    },
    close: () => closeAll(ends),
  };
}

/** Setting and session for the time of `use`; both are closed whatever happens. */
export async function withSession<T>(context: Context, setting: Setting, options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(context, setting, options);
  try {
    return await use(session);
  } catch (error) {
    // What speaks for itself may be of a bucket, which cannot be reached in the same words.
    if (error instanceof Complaint || error instanceof StoreError) throw error;
    throw isRedisAway(error) ? await awayComplaint(error, session.desk.store, session.config) : error;
  } finally {
    await session.close();
  }
}

/** "Accepted means kept" and "never pay twice" rest on a Redis that forgets nothing. */
async function warnOfForgetting({ terminal }: Context, redis: Store['redis'], replicas: number): Promise<void> {
  for (const { level, what, remedy } of await checkDurability(redis, replicas)) {
    if (level !== 'ok') terminal.say(`Redis: ${what}${remedy === undefined ? '' : ` ${remedy}`}`);
  }
}

/** Whoever only looks may do so while a shard cannot be asked. */
async function agreed(store: Store, config: Config, onlyLooks: boolean): Promise<void> {
  try {
    await agreeOnShards(store);
  } catch (error) {
    if (!isRedisAway(error)) throw error;
    if (!onlyLooks) throw await awayComplaint(error, store, config);
  }
}

/** Redis, or a part of it, was not there in the middle of a command. */
async function awayComplaint(error: unknown, store: Store, config: Config): Promise<Complaint> {
  const waits = await shardWaits(store, config);
  const why =
    waits.length === 0
      ? [`Redis cannot be used now: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`]
      : waits.map(({ text }) => text);
  return new Complaint([...why, 'What was done before stays done; ask again later. `dailies doctor` says more of Redis.'].join('\n'), 1);
}

async function startOwn({ stateFolder, redisServer }: Config, log: Log, patient: boolean): Promise<EmbeddedRedis> {
  await makePath(stateFolder, 0o700);
  return startEmbeddedRedis({ folder: stateFolder, log, binary: redisServer, ...(patient ? {} : { secondLookMs: SHORT_LOOK_MS }) });
}

function complainOfState(error: unknown, folder: string): never {
  try {
    complainOfFolder(error, folder, 'DAILIES_DIR');
  } catch (told) {
    complain(told);
  }
}

function complain(error: unknown): never {
  if (error instanceof Complaint) throw error;
  throw new Complaint(error instanceof Error ? error.message : String(error));
}
