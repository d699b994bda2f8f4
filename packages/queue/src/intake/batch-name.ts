/** Which names of batches are legal: they are part of folders and of addresses. */
export const BATCH_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Null when the name is legal, otherwise what is wrong with it. */
export function checkBatchName(name: string): string | null {
  if (BATCH_NAME.test(name)) return null;
  const shown = JSON.stringify(name.slice(0, 80));
  return `the batch name ${shown} is not legal: use 1 to ${LONGEST} of a-z, 0-9, ".", "_" and "-", beginning with a letter or a digit`;
}

const LONGEST = 64;
