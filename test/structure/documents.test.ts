/** What the documents point at is there: files, headings, decisions. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const documents = listed.filter((file) => existsSync(path.join(root, file)));
const prose = (file: string): string => readFileSync(path.join(root, file), 'utf8').replaceAll(/```[^]*?```/g, '');

test('every relative link of a document leads to a file, and to a heading that it has', () => {
  const broken = documents.flatMap((file) => linksOf(file).filter((link) => !leads(file, link)).map((link) => `${file}: ${link}`));
  expect(documents.flatMap(linksOf).length).toBeGreaterThan(50);
  expect(broken).toEqual([]);
});

test('every decision has a number of its own, in its name and in its title', () => {
  const decisions = documents.filter((file) => /^docs\/decisions\/\d/.test(file));
  const numbers = decisions.map((file) => path.basename(file).slice(0, 3));
  expect(numbers).toEqual([...new Set(numbers)]);
  expect(decisions.filter((file, at) => !prose(file).startsWith(`# ${numbers[at]} · `))).toEqual([]);
});

test('the list of decisions has each of them with its title, in their order', () => {
  const decisions = documents.filter((file) => /^docs\/decisions\/\d/.test(file)).toSorted();
  const rows = decisions.map((file) => {
    const [, number, title] = /^# (\d+) · (.*)$/m.exec(prose(file)) ?? [];
    return `| [${number}](${path.basename(file)}) | ${title} |`;
  });
  expect(prose('docs/decisions/README.md').split('\n').filter((line) => line.startsWith('| ['))).toEqual(rows);
});

function linksOf(file: string): string[] {
  return [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

function leads(file: string, link: string): boolean {
  const [place = '', heading] = link.split('#');
  const target = place === '' ? file : path.join(path.dirname(file), place);
  if (!existsSync(path.join(root, target))) return false;
  return heading === undefined || !target.endsWith('.md') || headingsOf(target).includes(heading);
}

/** As GitHub names them. */
function headingsOf(file: string): string[] {
  return [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    (text ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
