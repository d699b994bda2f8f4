/** `dailies status [BATCH|ID]`: state and counts. Reads the ledger, changes nothing, and says what helps where something waits for a person. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { accountState, allCounts, batchNames, commandAfter, cooldownLeft, downloadWaits, LEDGER_SCOPE, mostSlots, pauses, pauseScopes, publicBatch, publicGeneration, readBatch, readDeliveries, shardWaits, slotsTaken, spendOf, STATES, type Batch, type Counts, type DownloadWait, type ShardWait, type Spend, type Store, waitText, withoutAway } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { Context } from '../context.ts';
import { findByName } from '../lookup.ts';
import { deliveriesText } from '../pages/deliveries-text.ts';
import { generationPage } from '../pages/generation-page.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';
import { type Session, withSession } from '../session.ts';
import { openSetting } from '../setting.ts';
import { accountsOf } from './pause.ts';

export interface StatusOptions {
  simulate?: boolean | undefined;
  json?: boolean | undefined;
}

/** The newest; older ones are found by their name. */
const MOST_BATCHES = 20;

export async function status(context: Context, name: string | undefined, options: StatusOptions): Promise<number> {
  const { terminal } = context;
  const json = options.json === true;
  const setting = await openSetting(context, options);
  return withSession(context, setting, { patient: false, onlyLooks: true }, async (session) => {
    const waits = await shardWaits(session.desk.store, session.config);
    const store = withoutAway(session.desk.store, waits);
    if (name === undefined) {
      const overview = await readOverview(session, store, waits);
      terminal.data(json ? `${JSON.stringify({ type: 'status', ...overview })}\n` : overviewText(overview, setting.suffix));
      return 0;
    }
    for (const wait of waits) terminal.say(wait.text);
    const found = await findByName(store, name, setting.suffix).catch((error: unknown) => {
      if (!(error instanceof Complaint) || !waits.some(({ isAway }) => isAway)) throw error;
      throw new Complaint(`${error.message}\nIt may be in what cannot be read now.`, 1);
    });
    if ('batch' in found) {
      const held = found.batch.counts.downloading > 0 ? heldText(await downloadWaits(store)) : [];
      const deliveries = await readDeliveries(store, 'batch', found.batch.name);
      const shown = { ...shownBatch(found.batch), ...(deliveries.length === 0 ? {} : { deliveries }) };
      terminal.data(json ? `${JSON.stringify(shown)}\n` : `${batchText(found.batch)}${held.join('')}${deliveriesText(deliveries)}`);
    } else {
      const deliveries = await readDeliveries(store, 'generation', found.generation.id);
      const shown = { ...publicGeneration(found.generation), ...(deliveries.length === 0 ? {} : { deliveries }) };
      terminal.data(json ? `${JSON.stringify(shown)}\n` : generationPage(shown, found.generation.folder, setting.suffix));
    }
    return 0;
  });
}

interface Overview {
  /** Of a Redis Cluster: shards that wait, and why. */
  shardsWait: { shard: number; providers: string[]; missing: boolean; text: string }[];
  downloadsWait: { machine: string; folder: string; reason: string; since: string }[];
  providers: { name: string; account: string | null; counts: Counts; pauses: { scope: string; reason: string; kind: string; since: string; polls: boolean }[]; cooldownMs: number; limit: number | null; breakerOpenSince: string | null; slots: number; spend: Spend[] }[];
  batches: ReturnType<typeof shownBatch>[];
}

/** `store`: what of the ledger can be read. */
async function readOverview({ config }: Session, store: Store, shardsWait: readonly ShardWait[]): Promise<Overview> {
  const [counts, held, names, waits] = await Promise.all([allCounts(store), pauses(store), batchNames(store), downloadWaits(store)]);
  const providers = PROVIDER_NAMES.map(async (name) => {
    const configured = config.providers[name].account?.id ?? null;
    const account = shardsWait.some(({ isAway, providers: there }) => isAway && there.includes(name)) ? null : configured;
    // Without the key here it may be paused all the same: whose account it is, the pause says.
    const accounts = account === null ? accountsOf(name, config, held) : [account];
    const scopes = [`operator:${name}`, LEDGER_SCOPE, ...accounts.flatMap((one) => pauseScopes(name, one))];
    const isConcerned = (scope: string): boolean => scopes.includes(scope) || (account === null && scope.startsWith('provider:') && scope.endsWith(`:${name}`));
    const learned = account === null ? null : await accountState(store, account);
    const concerned = held.filter(({ scope }) => isConcerned(scope));
    return {
      name,
      account: configured,
      counts: counts[name],
      pauses: concerned.map(({ scope, reason, kind, at, polls }) => ({ scope, reason, kind, since: new Date(at).toISOString(), polls })),
      spend: await spendOf(store, name),
      cooldownMs: account === null ? 0 : await cooldownLeft(store, account),
      slots: account === null ? 0 : await slotsTaken(store, account),
      limit: learned === null ? null : mostSlots(learned, config.providers[name].maxInFlight),
      breakerOpenSince: learned === null || learned.openSince === null ? null : new Date(learned.openSince).toISOString(),
    };
  });
  const batches = await Promise.all(names.slice(0, MOST_BATCHES).map((name) => readBatch(store, name)));
  return {
    shardsWait: shardsWait.map((wait) => ({ shard: wait.shard, providers: wait.providers, missing: wait.isAway, text: waitText(wait) })),
    providers: await Promise.all(providers),
    batches: batches.filter((one) => one !== null).map(shownBatch),
    downloadsWait: waits.map((wait) => ({ ...wait, since: new Date(wait.since).toISOString() })),
  };
}

function shownBatch(batch: Batch) {
  const { attended, folder, spend } = batch;
  return { ...publicBatch(batch), attended, folder, estimatedSpend: spend };
}

function overviewText({ shardsWait, providers, batches, downloadsWait }: Overview, suffix: string): string {
  const shown = STATES.filter((state) => ['queued', 'rendering', 'succeeded', 'failed'].includes(state) || providers.some((one) => one.counts[state] > 0));
  const isMissing = (name: string): boolean => shardsWait.some(({ missing, providers: there }) => missing && there.includes(name));
  const lines = [...shardsWait.map(({ text }) => `${text}\n`), table(['provider', ...shown, 'account'], providers.map((one) => [one.name, ...shown.map((state) => (isMissing(one.name) ? '?' : one.counts[state])), one.account ?? 'no key']))];
  for (const { name, pauses: held, cooldownMs, breakerOpenSince } of providers) {
    for (const { scope, reason, since, polls } of held) {
      lines.push(`${name} is paused${polls ? ', polls too,' : ''} since ${since}: ${printable(reason)}. It goes on with: ${commandAfter({ scope }, name)}${suffix}\n`);
    }
    if (breakerOpenSince !== null) {
      lines.push(`${name} submits nothing since ${breakerOpenSince}: nobody answered for three submits in a row. It goes on by itself when the upstream answers a free request.\n`);
    }
    if (cooldownMs > 0) lines.push(`${name} waits ${Math.ceil(cooldownMs / 1000)} s after a refusal, then goes on by itself.\n`);
  }
  lines.push(...heldText(downloadsWait));
  for (const { name, spend } of providers) {
    for (const { amount, currency, model } of spend) lines.push(`${name} is estimated to have cost ${amount.toFixed(2)} ${currency} (${printable(model)})\n`);
  }
  if (batches.length > 0) lines.push('\n', table(['batch', 'total', ...shown], batches.map(({ batch, total, counts }) => [batch, total, ...shown.map((state) => counts[state])])));
  return lines.join('');
}

function heldText(waits: readonly (Omit<DownloadWait, 'since'> & { since: string | number })[]): string[] {
  return waits.map(({ machine, reason, since }) => `Downloads wait on ${printable(machine)} since ${new Date(since).toISOString()}: ${printable(reason)}\n`);
}

function batchText({ name, total, counts, attended, createdAt, finishedAt, folder, spend }: Batch): string {
  const lines = [
    `batch     ${name}${attended ? ' (attended: submitted while a run or watch of it is alive)' : ''}`,
    `created   ${new Date(createdAt).toISOString()}`,
    ...(finishedAt === null ? [] : [`finished  ${new Date(finishedAt).toISOString()}`]),
    ...(folder === null ? [] : [`folder    ${folder}`]),
    ...spend.map(({ amount, currency, model }, at) => `${at === 0 ? 'spent     ' : ' '.repeat(10)}about ${amount.toFixed(2)} ${currency} (${printable(model)})`),
    `total     ${total}`,
    ...STATES.filter((state) => counts[state] > 0).map((state) => `  ${state.padEnd(12)}${counts[state]}`),
  ];
  return `${lines.join('\n')}\n`;
}
