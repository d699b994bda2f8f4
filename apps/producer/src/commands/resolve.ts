/** `dailies resolve ID`: a person's decision about a generation of which nobody knows whether it was accepted, or whose task was mistyped. */
import { readBatch, readGeneration, resolveGeneration, type Resolution, type Store } from '@dailies/queue';
import { pausesOfSome } from '../batch/holding-pauses.ts';
import { whoGoesOn } from '../batch/who-goes-on.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { holdingPauseText } from '../pages/holding-pauses-text.ts';
import { type Session, withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface ResolveOptions extends CommandOptions {
  resubmit?: boolean | undefined;
  task?: string | undefined;
  abandon?: boolean | undefined;
}

export async function resolve(context: Context, id: string, options: ResolveOptions): Promise<number> {
  const resolution = resolutionOf(options);
  const setting = await openSetting(context, options);
  return withSession(context, setting, { patient: false }, async (session) => {
    const { desk } = session;
    const named = id.replace(/^id:/, '');
    const found = await resolveGeneration(desk, named, resolution);
    const message = found.done || (await readGeneration(desk.store, named)) !== null ? found.message : await whyUnknown(desk.store, named, setting.suffix);
    const outcome = { ...found, message };
    if (options.json === true) context.terminal.data(`${JSON.stringify(outcome)}\n`);
    if (!outcome.done) throw new Complaint(`${outcome.id}: ${outcome.message}.`);
    if (options.json !== true) context.terminal.data(`${outcome.id}: ${outcome.message}\n`);
    if (resolution.what !== 'abandon') await sayWhoGoesOn(context, session, named, resolution.what === 'resubmit');
    return 0;
  });
}

async function sayWhoGoesOn({ terminal }: Context, session: Session, id: string, submits: boolean): Promise<void> {
  const { desk, setting } = session;
  const generation = await readGeneration(desk.store, id).catch(() => null);
  terminal.say(await whoGoesOn(session, generation?.batch ?? null, submits));
  for (const one of await pausesOfSome(desk.store, [id], setting.suffix)) terminal.say(holdingPauseText(one));
}

/** Of a name that no generation of this ledger has. */
async function whyUnknown(store: Store, name: string, suffix: string): Promise<string> {
  if ((await readBatch(store, name)) !== null) return `it is a batch: \`dailies status ${name}${suffix}\` names those of it that need your word`;
  return `there is no generation ${name}${suffix === '' ? '; what was simulated is found with --simulate' : ''}`;
}

export function resolutionOf({ resubmit = false, task, abandon = false }: ResolveOptions): Resolution {
  const words: Resolution[] = [];
  if (resubmit) words.push({ what: 'resubmit' });
  if (task !== undefined) words.push({ what: 'task', task });
  if (abandon) words.push({ what: 'abandon' });
  const [word, ...others] = words;
  if (word === undefined || others.length > 0) {
    throw new Complaint('Say exactly one: --task TASK (the upstream has it), --resubmit (it has not; may pay twice), or --abandon (give it up).');
  }
  return word;
}
