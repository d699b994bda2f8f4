/**
 * An open ledger: the embedded Redis or REDIS_URL, a connection, the queues. They are closed in the opposite order, the embedded server last, since it
 * stops when its last user has gone.
 */
import {
  MayBeForgotten, REDIS_FULL, agreeOnShards, checkDurability, closeRedis, connectForProducer, connectForWorker, createLog, isRedisAway, isRedisFull, openQueues, openStore,
  shardWaits, startEmbeddedRedis, whenReady,
  type Config, type Desk, type EmbeddedRedis, type Log, type Store,
} from '@dailies/queue';
import { StoreError, makePath, openResults, type Results } from '@dailies/results';
import { Complaint } from './complaint.ts';
import type { Context } from './context.ts';
import { complainOfFolder } from './folder-complaint.ts';
import type { Setting } from './setting.ts';
import { unlessInterrupted } from './unless-interrupted.ts';

export interface Session {
  config: Config;
  setting: Setting;
  redisUrl: string;
  log: Log;
  desk: Desk;
  results: Results;
  /** Opens a store with its own connection, for code that blocks it. Closed with the session. */
  anotherStore(name: string): Store;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Opens the ledger whatever its number of shards is; for the command that changes it. */
  anyShards?: boolean | undefined;
  /** The command only reads, and shows what it can while a part of the ledger cannot be reached. */
  onlyLooks?: boolean | undefined;
  /** Commands wait for a Redis that has gone away, as long as it takes. Default: they fail within two seconds. */
  patient: boolean;
  /** A service logs JSON for log collectors. The few lines of a command are read by people, even from a file. */
  serves?: boolean | undefined;
}

const READY_MS = { patient: 10_000, hurried: 3_000 };
const CLOSE_MS = 2_000;
/** A command that has only read must not keep a person waiting while it checks whether anybody else needs the embedded server. */
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

/** Closes in the opposite order. */
async function closeAll(ends: End[]): Promise<void> {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
}

/** Everything that is opened adds its closing to `ends`. */
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
  const ready = whenReady(redis, patient ? READY_MS.patient : READY_MS.hurried);
  await unlessInterrupted(context, ready, 'Redis had not answered yet, and nothing was done.').catch(complain);
  // The embedded Redis has the right settings. Commands that only list or cancel need not repeat what the doctor says.
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
    desk: { store, queues, suffix: setting.suffix, replicas: config.redisReplicas },
    results,
    anotherStore(name) {
      const another = openStore(connectForWorker(redisUrl, { name, log }), config.redisTag, config.shards);
      // A blocked connection is not waited for.
      ends.push(() => another.redis.disconnect());
      return another;
    },
    close: () => closeAll(ends),
  };
}

/** Opens setting and session for `use`, and closes both whatever happens. */
export async function withSession<T>(context: Context, setting: Setting, options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(context, setting, options);
  try {
    return await use(session);
  } catch (error) {
    // A Complaint is thrown on as it is: it may be about a bucket that cannot be reached, in similar words.
    if (error instanceof Complaint || error instanceof StoreError) throw error;
    if (error instanceof MayBeForgotten) throw new Complaint(`${error.message}.`, 3);
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

/** A command that only reads may do so while a shard cannot be reached. */
async function agreed(store: Store, config: Config, onlyLooks: boolean): Promise<void> {
  try {
    await agreeOnShards(store);
  } catch (error) {
    if (!isRedisAway(error)) throw error;
    if (!onlyLooks) throw await awayComplaint(error, store, config);
  }
}

/** The Complaint when Redis, or a part of it, goes away in the middle of a command. */
async function awayComplaint(error: unknown, store: Store, config: Config): Promise<Complaint> {
  const waits = await shardWaits(store, config);
  const why =
    waits.length === 0
      ? [isRedisFull(error) ? `${REDIS_FULL.what} ${REDIS_FULL.remedy}` : `Redis cannot be used now: ${textOf(error).replace(/\.$/, '')}.`]
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
  throw new Complaint(textOf(error));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
