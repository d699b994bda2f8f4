/** Values of options that are refused where they stand: what is empty, what is no address, what is an option itself, and what was said before. */
import { InvalidArgumentError } from 'commander';

/** One that is given twice means two things, and only one of them would be done: another provider is another bill. */
export function once(value: string, before?: string): string {
  // Of `--out $DIR --simulate` without DIR comes a folder of that name, and a run that pays.
  if (/^--[a-z]/.test(value)) throw new InvalidArgumentError('It is an option, so the value is missing. Is a variable of the shell not set?');
  if (before !== undefined) throw new InvalidArgumentError(`It is given twice, ${JSON.stringify(before)} before. Leave one out.`);
  return value;
}

/** Of a variable that is not set comes an empty name, and results must not spread over the folder that somebody happens to be in. */
export function folderName(value: string, before?: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty. "." is the folder that you are in.');
  if (/^\w+:\/\//.test(value)) throw new InvalidArgumentError('It is an address, not a folder. A bucket is named by S3_BUCKET.');
  return once(value, before);
}

export function address(value: string, before?: string): string {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) throw new InvalidArgumentError('It is no address. http://HOST:3000 is one.');
  return once(value, before);
}

/** Of the words that an option takes. Its parser is in place of commander's, which takes the last of several. */
export function oneOf(words: readonly string[]): (value: string, before?: string) => string {
  return (value, before) => {
    if (!words.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return once(value, before);
  };
}

export function wholeNumber(value: string, before?: number): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1 to 999999.');
  return Number(once(value, before?.toString()));
}
