/** A person's own page or manifest is never replaced without a word: said, with what helps, before anything is enqueued or written. */
import { StoreError, fileIn, isBucketPlace, type Results } from '@dailies/results';
import { Complaint } from '../../complaint.ts';
import { findForeignPages } from '../../compose.ts';

/** `option`: what names another folder. */
export async function refuseForeign(results: Pick<Results, 'at'>, place: string, option = '--out'): Promise<void> {
  const [name] = await findForeignPages(results, place).catch(unlessUnreadable);
  if (name === undefined) return;
  const remedy = isBucketPlace(place) ? 'another batch with --batch, or another S3_PREFIX' : `another folder with ${option}`;
  throw new Complaint(`${fileIn(place, name)} is not of Dailies and would be replaced. Name ${remedy}, or move that file away. Nothing was done.`);
}

/** Said by whoever needs what is in there: the manifest, before anything is paid. */
function unlessUnreadable(error: unknown): string[] {
  if (error instanceof StoreError) return [];
  throw error;
}
