/** `dailies status [BATCH|ID]`: state and counts. Reads the ledger, changes nothing, and says what helps where something waits for a person. */
import { downloadWaits, isHeldBy, pauses, planRetry, publicGeneration, readDeliveries, type Batch, type Generation, type Store } from '@dailies/queue';
import { whereFilesAre, whereItIs } from '../batch/files/files-elsewhere.ts';
import { keptPages } from '../batch/files/kept-pages.ts';
import { removedFiles } from '../batch/files/removed-files.ts';
import { heldOfBatch } from '../batch/held-work.ts';
import { pausesOfBatch } from '../batch/holding-pauses.ts';
import { needPerson } from '../batch/need-person.ts';
import { submitWaitsOfBatch } from '../batch/submit-waits.ts';
import { waitingCancels } from '../batch/waiting-cancels.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { type Found, findByName } from '../lookup.ts';
import { type Readable, readableOf, readOverview, shownBatch, shownPause } from '../overview.ts';
import { batchPage } from '../pages/batch-page.ts';
import { deliveriesText } from '../pages/deliveries-text.ts';
import { downloadWaitsText } from '../pages/download-waits-text.ts';
import { generationPage } from '../pages/generation-page.ts';
import { heldWorkText } from '../pages/held-work-text.ts';
import { holdingPausesText } from '../pages/holding-pauses-text.ts';
import { keptPagesText } from '../pages/kept-pages-text.ts';
import { needPersonText } from '../pages/need-person-text.ts';
import { overviewPage } from '../pages/overview-page.ts';
import { submitWaitsText } from '../pages/submit-waits-text.ts';
import { waitingCancelsText } from '../pages/waiting-cancels-text.ts';
import { type Session, withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export async function status(context: Context, name: string | undefined, options: CommandOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, options);
  return withSession(context, setting, { patient: false, onlyLooks: true }, async (session) => {
    const readable = await readableOf(session);
    const show = (shown: object, page: string): void => terminal.data(options.json === true ? `${JSON.stringify(shown)}\n` : page);
    if (name === undefined) {
      const overview = await readOverview(session, readable, setting.suffix);
      show({ type: 'status', ...overview }, overviewPage(overview, setting.suffix));
      return 0;
    }
    for (const wait of readable.waits) terminal.say(wait.text);
    const found = await find(readable, name, setting.suffix);
    const look = { session, store: readable.store, suffix: setting.suffix, alone: setting.config.redisUrl === null };
    if ('batch' in found) await showBatch(look, found.batch, show);
    else await showGeneration(look, found.generation, show);
    return 0;
  });
}

async function find({ store, waits }: Readable, name: string, suffix: string): Promise<Found> {
  try {
    return await findByName(store, name, suffix);
  } catch (error) {
    if (!(error instanceof Complaint) || !waits.some(({ isAway }) => isAway)) throw error;
    throw new Complaint(`${error.message}\nIt may be in what cannot be read now.`, 1);
  }
}

interface Look {
  session: Session;
  store: Store;
  suffix: string;
  /** Whether no other machine works on this ledger. */
  alone: boolean;
}

/** Shows an object to machines or a page to people. */
type Show = (shown: object, page: string) => void;

async function showBatch({ session, store, suffix, alone }: Look, batch: Batch, show: Show): Promise<void> {
  const waits = batch.counts.downloading > 0 ? await downloadWaits(store) : [];
  const waiting = await needPerson(store, batch);
  const wishes = await waitingCancels(store, batch);
  const holding = await pausesOfBatch(store, batch, suffix);
  const held = await heldOfBatch(store, batch, suffix);
  const submitting = await submitWaitsOfBatch(store, batch);
  const deliveries = await readDeliveries(store, 'batch', batch.name);
  const where = batch.counts.succeeded > 0 ? await whereItIs(batch.folder, alone) : '';
  const kept = await keptPages(session, batch);
  const removed = await removedFiles(store, batch);
  const page = [
    batchPage(batch, where, removed),
    waitingCancelsText(wishes),
    needPersonText(waiting, batch.name, suffix),
    holdingPausesText(holding),
    submitWaitsText(submitting),
    heldWorkText(held),
    downloadWaitsText(waits),
    deliveriesText(deliveries),
    keptPagesText(kept),
  ];
  const more = {
    ...unlessEmpty({ pauses: holding }),
    ...unlessEmpty({ waits: submitting }),
    ...unlessEmpty({ held }),
    ...unlessEmpty({ deliveries }),
    ...unlessEmpty({ notOfDailies: kept }),
    ...(removed === 0 ? {} : { filesRemoved: removed }),
    ...(wishes === 0 ? {} : { cancelRequested: wishes }),
  };
  show({ ...shownBatch(batch), needPerson: waiting, ...more }, page.join(''));
}

async function showGeneration({ store, suffix, alone }: Look, generation: Generation, show: Show): Promise<void> {
  const held = (await pauses(store)).filter((one) => isHeldBy(one, generation));
  const shown = {
    ...publicGeneration(generation),
    account: generation.account,
    ...unlessEmpty({ pauses: held.map(shownPause) }),
    ...unlessEmpty({ deliveries: await readDeliveries(store, 'generation', generation.id) }),
  };
  const where = generation.state === 'succeeded' ? await whereFilesAre(generation.folder, generation.files ?? [], alone) : undefined;
  const plan = planRetry(generation, suffix);
  const noRetry = plan.what === 'nothing' ? plan.message : undefined;
  show(shown, generationPage(shown, { folder: generation.folder, where, noRetry }, suffix));
}

/** The field, or nothing when it is empty: most generations have no webhook and are held by no pause. */
function unlessEmpty<Field extends string, Value>(field: Record<Field, Value[]>): Partial<Record<Field, Value[]>> {
  return Object.values<Value[]>(field).every(({ length }) => length === 0) ? {} : field;
}
