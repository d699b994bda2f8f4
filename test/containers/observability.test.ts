/** Alert rules, dashboard and docs/metrics.md, held against the metrics that the code really has. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRICS, createMeter } from '@dailies/telemetry';
import { hasPromtool } from '../support/promtool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const Rule = z.object({
  alert: z.string(),
  expr: z.string(),
  labels: z.object({ severity: z.enum(['info', 'warning', 'critical']) }),
  annotations: z.object({ summary: z.string(), description: z.string() }),
});
const Alerts = z.object({ groups: z.array(z.object({ rules: z.array(Rule) })) });
const Panel = z.object({
  id: z.number(),
  title: z.string(),
  targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })),
  gridPos: z.object({ x: z.number(), w: z.number() }),
});
const Board = z.object({ panels: z.array(Panel) });

const rules = Alerts.parse(parse(read('deploy/prometheus/alerts.yml'))).groups.flatMap((group) => group.rules);
const board = Board.parse(JSON.parse(read('deploy/grafana/dashboards/dailies.json')));

/** Every expression, with where it stands and the text that shows what it found. */
const expressions = [
  ...rules.map(({ alert, expr, annotations }) => ({ where: alert, expr, text: `${annotations.summary} ${annotations.description}` })),
  ...board.panels.flatMap(({ title, targets }) => targets.map(({ expr, legendFormat }) => ({ where: title, expr, text: legendFormat }))),
];

/** Labels by the name under which Prometheus stores a series; `le`, `job` and `instance` come by themselves. */
function series(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, { labels, type }] of Object.entries(METRICS)) {
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) found.set(name + suffix, [...labels]);
  }
  for (const [, name = ''] of text.matchAll(/^((?:nodejs|process)_\w+)/gm)) found.set(name, []);
  return found.set('up', []);
}

const WORDS_OF_PROMQL = new Set('sum max min max_over_time by rate increase histogram_quantile absent and or unless'.split(' '));

function faultsOf(expr: string, known: Map<string, string[]>): string[] {
  const faults: string[] = [];
  const labels = new Set<string>(['le', 'job', 'instance']);
  const bare = expr.replace(/"[^"]*"/g, '""').replace(/\[\w+\]/g, '');
  const names = metricsIn(bare);
  for (const name of names) {
    if (!known.has(name)) faults.push(`no metric ${name}`);
    for (const label of known.get(name) ?? []) labels.add(label);
  }
  for (const label of [...keptBy(bare), ...selectedIn(bare)]) if (!labels.has(label)) faults.push(`no label ${label}`);
  return names.length === 0 ? ['no metric at all'] : faults;
}

function metricsIn(expr: string): string[] {
  const withoutLabels = expr.replace(/\{[^}]*\}/g, '').replace(/\bby \([^)]*\)/g, '');
  return [...withoutLabels.matchAll(/[a-z_]\w*/g)].map(([word]) => word).filter((word) => !WORDS_OF_PROMQL.has(word));
}

/** The labels in `{label="value"}`. */
function selectedIn(expr: string): string[] {
  const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, selector = '']) => selector);
  return selectors.flatMap((selector) => [...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label));
}

/** The labels in `by (label, label)`: those that an aggregation keeps. */
function keptBy(expr: string): string[] {
  return [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(',').map((label) => label.trim()));
}

test('every expression of the alert rules and of the dashboard names metrics and labels that exist', async () => {
  const known = series(await createMeter().text());
  expect(expressions.flatMap(({ where, expr }) => faultsOf(expr, known).map((fault) => `${where}: ${fault}`))).toEqual([]);
  // The check itself can fail.
  expect(faultsOf('max by (colour) (dailies_generation{stat="x"})', known)).toEqual(['no metric dailies_generation', 'no label colour', 'no label stat']);
});

test('a legend and a text of an alert use only labels that their expression keeps', () => {
  for (const { where, expr, text } of expressions) {
    const kept = keptBy(expr);
    const isAggregated = /\b(sum|max|absent)\b/.test(expr);
    const shown = [...text.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, label = '']) => label);
    for (const label of shown) expect(kept.includes(label) || !isAggregated, `${where}: ${label}`).toBe(true);
  }
});

test('every alert is explained in docs/operations.md, and every metric stands in docs/metrics.md as it is', () => {
  const operations = read('docs/operations.md');
  expect(rules.map(({ alert }) => alert).filter((alert) => !operations.includes(`\`${alert}\``))).toEqual([]);
  const rows = Object.entries(METRICS).map(([name, { type, of, labels, help }]) => {
    const named = labels.map((label) => `\`${label}\``).join(', ') || '–';
    return `| \`${name}\` | ${type} | ${of} | ${named} | ${help} |`;
  });
  expect(read('docs/metrics.md').split('\n').filter((line) => line.startsWith('| `dailies_'))).toEqual(rows);
});

test('no metric has a label that could name a generation, a batch or a prompt', () => {
  const labels = new Set(Object.values(METRICS).flatMap((row): string[] => [...row.labels]));
  const few = ['account', 'by', 'currency', 'kind', 'method', 'model', 'outcome', 'provider', 'queue', 'reason', 'route', 'stage', 'state', 'status'];
  expect([...labels].toSorted()).toEqual(few);
});

test.skipIf(!hasPromtool())('promtool finds nothing wrong with rules and configuration', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'dailies-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'token'), 'x');
  writeFileSync(path.join(folder, 'alerts.yml'), read('deploy/prometheus/alerts.yml'));
  writeFileSync(path.join(folder, 'prometheus.yml'), read('deploy/prometheus/prometheus.yml').replaceAll('/run/secrets/metrics_token', 'token'));
  expect(execFileSync('promtool', ['check', 'config', path.join(folder, 'prometheus.yml')], { encoding: 'utf8' })).toContain('SUCCESS');
});
