/** What the upstreams can do to the workers: everything on the fault menu at random, an outage in three manners, a POST delivered late. */
import { PROVIDERS, PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { readGenerations } from '@dailies/queue';
import { type PartResult, type Surroundings, conclude, inParallel, warmUp } from '../part.ts';
import { type Stage, openStage } from '../stage.ts';
import { menu } from './fault-mix.ts';

export interface UpstreamOptions {
  /** Generations of each provider under the fault menu. */
  generations: number;
  outageMs: number;
  outages: readonly Outage[];
  width: number;
}

type Outage = 'answers 503' | 'is silent' | 'refuses connections';
export const OUTAGES: readonly Outage[] = ['answers 503', 'is silent', 'refuses connections'];
/** Questions that an outage may make, of all accounts together: only of an upstream without look-up. */
const MOST_QUESTIONS = 3;
/** An outage of ten minutes is not scaled: so neither are the waits that judge it. */
const TIMES_OF_PRODUCTION = { UPSTREAM_TIMEOUT_MS: '30000', STOP_DEADLINE_MS: '45000', SETTLE_AFTER_MS: '30000', SETTLE_SILENT_MS: '180000' };
const LONG_MS = 300_000;

interface Act {
  findings: string[];
  figures: Record<string, number | string>;
}

export async function upstream(surroundings: Surroundings, options: UpstreamOptions): Promise<PartResult> {
  const acts = [
    ...(options.generations === 0 ? [] : [() => faultMenu(surroundings, options.generations)]),
    ...options.outages.map((outage) => () => outageOf(surroundings, outage, options.outageMs)),
    ...(['allegro', 'kling', 'hailuo'] as const).map((provider) => () => deliveredLate(surroundings, provider)),
  ];
  const results = await inParallel(acts, options.width, (act) => act());
  return {
    name: 'upstream',
    did: 'Submits, polls and downloads meet random faults from the menu of the simulator. In the middle of a batch for all providers, every upstream has an outage, of three kinds. A POST is delivered to the upstream only after our time-out.',
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as Record<string, number | string>,
    findings: results.flatMap(({ findings }) => findings),
    skipped: [],
  };
}

async function faultMenu(surroundings: Surroundings, each: number): Promise<Act> {
  const { seed } = surroundings;
  return withStage(surroundings, 'menu', { simulator: { seed } }, async (stage) => {
    await warmUp(stage, PROVIDER_NAMES);
    stage.simulator.faults.add(...menu());
    for (let round = 0; round < each; round += 1) await stage.accept(`menu-${round % 2}`, PROVIDER_NAMES);
    const mayAsk = ({ provider }: { provider: ProviderName }): boolean => PROVIDERS[provider].find === undefined;
    const findings = await conclude(stage, { mayAsk, mayFail: ({ failure }) => failure?.kind !== 'asset' }, 600_000);
    const met = stage.simulator.faults.list().reduce((sum, { hits }) => sum + hits, 0);
    const failed = await inState(stage, 'failed');
    const ended = stage.simulator.faults.list().filter(({ fault }) => fault.what === 'task-fails').reduce((sum, { hits }) => sum + hits, 0);
    if (failed.length > ended) findings.push(`menu: ${failed.length} have failed, and the upstream has failed ${ended}`);
    const asked = await inState(stage, 'unresolved');
    return { findings, figures: { 'faults met under the menu': met, 'generations under the menu': stage.accepted.length, 'failed by the upstream': failed.length, 'asked under the menu (Allegro)': asked.length } };
  });
}

async function outageOf(surroundings: Surroundings, outage: Outage, ms: number): Promise<Act> {
  const environment = ms >= LONG_MS ? TIMES_OF_PRODUCTION : {};
  return withStage(surroundings, `outage-${outage.replaceAll(' ', '-')}`, { environment }, async (stage) => {
    await warmUp(stage, PROVIDER_NAMES);
    const before = stage.simulator.ledger().length;
    await stage.accept('outage', Array.from({ length: 40 }, () => PROVIDER_NAMES).flat());
    // In the middle of the batch: some of it is rendering, some is being submitted, most is waiting.
    while (stage.simulator.ledger().length < before + 15) await stage.simulator.nextRequest(({ kind }) => kind === 'create');
    if (outage === 'answers 503') stage.simulator.faults.add(...(['create', 'poll', 'list'] as const).map((on) => ({ on, what: '503' })));
    if (outage === 'is silent') stage.upstream.silence();
    if (outage === 'refuses connections') await stage.upstream.refuse();
    const waiting = await inState(stage, 'queued');
    await new Promise((resolve) => setTimeout(resolve, ms));
    const kept = await inState(stage, 'queued');
    stage.simulator.faults.clear();
    await stage.upstream.pass();
    const findings = await conclude(stage, { mayAsk: ({ provider }) => PROVIDERS[provider].find === undefined }, 600_000);
    if (kept.length === 0 || !waiting.some(({ provider }) => PROVIDERS[provider].find === undefined)) findings.push(`${stage.name}: the outage met nobody who was still to be submitted`);
    const asked = await inState(stage, 'unresolved');
    if (asked.length > MOST_QUESTIONS) findings.push(`${stage.name}: ${asked.length} questions for a person`);
    return { findings, figures: { [`questions after an upstream that ${outage} for ${ms / 1000} s, ${waiting.length} of 200 still to be submitted when it began`]: asked.length } };
  });
}

/** The network holds the POST, our reset does not reach the upstream, and it is delivered after our time-out. */
async function deliveredLate(surroundings: Surroundings, provider: ProviderName): Promise<Act> {
  const environment = { SETTLE_AFTER_MS: '4000', SETTLE_SILENT_MS: '8000' };
  // The harsher reading of what Kling does with an id that it has seen.
  const simulator = { duplicateExternalId: 'accept' } as const;
  return withStage(surroundings, `late-${provider}`, { environment, simulator }, async (stage) => {
    await warmUp(stage, [provider]);
    stage.upstream.hold(/^POST \S*(?:generateVideoSyn|\/videos)/, 5_500, 1);
    await stage.accept('late', [provider]);
    await stage.simulator.nextRequest(({ kind }) => kind === 'create');
    const findings = await conclude(stage, { mayAsk: () => PROVIDERS[provider].find === undefined });
    const paid = stage.simulator.ledger().length;
    if (paid !== 2) findings.push(`${stage.name}: paid ${paid} times for two prompts`);
    return { findings, figures: { [`paid submits of ${provider} for two prompts, one of them delivered late`]: paid } };
  });
}

async function withStage(surroundings: Surroundings, name: string, options: Pick<Parameters<typeof openStage>[0], 'simulator' | 'environment'>, act: (stage: Stage) => Promise<Act>): Promise<Act> {
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name, ...options });
  let keep = true;
  try {
    await Promise.all([stage.worker().ready, stage.worker().ready]);
    const result = await act(stage);
    keep = result.findings.length > 0;
    surroundings.tell(`${name}: ${keep ? result.findings.join('; ') : 'holds'}`);
    return result;
  } finally {
    await stage.close(keep);
  }
}

async function inState(stage: Stage, state: string) {
  return (await readGenerations(stage.store, stage.accepted)).filter((one) => one !== null).filter((one) => one.state === state);
}
