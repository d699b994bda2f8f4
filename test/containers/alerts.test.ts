/** When alerts fire, as Prometheus itself evaluates their rules over figures that this file makes up. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { hasPromtool } from '../support/promtool.ts';

const RULES = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url));

interface Course {
  alert: string;
  series: string;
  /** How often there is a figure, and a look at the rules; five seconds unless given. */
  every?: string;
  /** The figures, as promtool writes them: `1x11` is twelve times a 1. */
  values: string;
  /** Those of the alert, beside its name; only its severity unless given. */
  labels?: string;
  fires: string[];
  isSilent: string[];
}

/** What promtool finds wrong with what is expected of a course; it fails then, and says what it found instead. */
function check({ alert, series, values, every = '5s', labels = 'severity="warning"', fires, isSilent }: Course): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'dailies-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const firing = `ALERTS{alertname="${alert}", alertstate="firing", ${labels}}`;
  const looks = [...fires.map((at) => ({ at, samples: [{ labels: firing, value: 1 }] })), ...isSilent.map((at) => ({ at, samples: [] }))];
  const file = path.join(folder, 'course.yml');
  writeFileSync(file, stringify({
    rule_files: [RULES],
    evaluation_interval: every,
    tests: [{
      interval: every,
      input_series: [{ series, values }],
      promql_expr_test: looks.map(({ at, samples }) => ({ expr: `ALERTS{alertname="${alert}", alertstate="firing"}`, eval_time: at, exp_samples: samples })),
    }],
  }));
  return execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
}

const waits = { alert: 'DailiesDownloadsWait', series: 'dailies_download_waits' };

test.skipIf(!hasPromtool()).each<[string, Course]>([
  ['downloads that wait are told of while they wait', { ...waits, values: '0x11 1x100 0x200', fires: ['7m30s', '10m'], isSilent: ['5m', '16m'] }],
  ['downloads that waited for a moment are not told of', { ...waits, values: '0x11 1x5 0x200', fires: [], isSilent: ['2m', '6m', '6m25s', '8m'] }],
  ['downloads that wait again and again are told of', { ...waits, values: '0x11 1x5 0x40 1x5 0x40 1x5 0x100', fires: ['8m'], isSilent: ['3m'] }],
  ['a disabled endpoint is told of at once, until it is enabled', {
    alert: 'DailiesWebhookDisabled', series: 'dailies_webhook_endpoints{state="disabled"}', values: '0x11 1x11 0x20', fires: ['1m10s'], isSilent: ['30s', '2m30s'],
  }],
  ['an endpoint that fails and is tried again is not told of', {
    alert: 'DailiesWebhookDisabled', series: 'dailies_webhook_endpoints{state="failing"}', values: '1x60', fires: [], isSilent: ['4m'],
  }],
  ['what is held for a key or address that no worker has is told of, and not for the seconds until another worker takes it', {
    alert: 'DailiesHeldElsewhere', series: 'dailies_held{provider="luma", reason="origin"}', labels: 'provider="luma", severity="warning"',
    values: '0x11 3x5 0x11 3x20', fires: ['3m40s'], isSilent: ['1m30s', '2m'],
  }],
  ['what is held because its run was stopped is told of after six hours', {
    alert: 'DailiesHeldByPerson', series: 'dailies_held{provider="luma", reason="unattended"}',
    labels: 'provider="luma", reason="unattended", severity="info"', every: '5m', values: '3x80', fires: ['6h5m'], isSilent: ['5h55m'],
  }],
  ['what goes on by itself is not told of', {
    alert: 'DailiesHeldByPerson', series: 'dailies_held{provider="luma", reason="offered"}', every: '5m', values: '3x80', fires: [], isSilent: ['6h5m'],
  }],
])('%s', (_name, course) => {
  expect(check(course)).toContain('SUCCESS');
});
