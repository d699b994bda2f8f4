/** One batch for people: where it is, what it is estimated to have cost, and how many of it are in which state. Pure. */
import { amountText, STATES, type Batch } from '@dailies/queue';
import { printable } from '../printable.ts';

/** `where`: what is said of its folder. `removed`: of how many retention has removed the files. */
export function batchPage({ name, total, counts, attended, createdAt, finishedAt, folder, spend }: Batch, where: string, removed: number): string {
  const lines = [
    `batch     ${name}${attended ? ' (attended: submitted while a run or watch of it is alive)' : ''}`,
    `created   ${new Date(createdAt).toISOString()}`,
    ...(finishedAt === null ? [] : [`finished  ${new Date(finishedAt).toISOString()}`]),
    ...(folder === null ? [] : [`folder    ${folder}${where}`]),
    ...spend.map((one, at) => `${at === 0 ? 'spent     ' : ' '.repeat(10)}${amountText(one)} (${printable(one.model)})`),
    `total     ${total}`,
    ...STATES.filter((state) => counts[state] > 0).map((state) => `  ${state.padEnd(12)}${counts[state]}${state === 'succeeded' ? without(removed) : ''}`),
  ];
  return `${lines.join('\n')}\n`;
}

function without(removed: number): string {
  return removed === 0 ? '' : `, the files of ${removed} of them removed by retention`;
}
