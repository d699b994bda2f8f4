// What CI runs: makes a clean clone ready (a Redis server program, Chromium and an S3-compatible server included), runs `npm test` as the
// README names it, and closes with one line of counts taken from the runner's own report. In CI a test that is skipped for want of a browser
// or of that server is a failure: DAILIES_REQUIRE_CHROMIUM and DAILIES_REQUIRE_S3_SERVER tell the tests so. A check of types, lint or unused
// code that fails fails all of it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { findChromium } from './setup/chromium.mjs';
import { npm } from './setup/npm.mjs';
import { setUp } from './setup.mjs';
import { Refusal } from './setup/refusal.mjs';

const folder = mkdtempSync(join(tmpdir(), 'dailies-ci-'));
try {
  process.exitCode = await main(join(folder, 'report.json'));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stdout.write(`${error.message}\n0 passed, 1 failed\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(reportFile) {
  await setUp({ need: { redis: true, chromium: true, s3: true }, log: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(`Chromium: ${findChromium()}\n`);
  const { code } = await runInForeground(
    [...npm(), 'test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
    { CI: 'true', DAILIES_REQUIRE_CHROMIUM: '1', DAILIES_REQUIRE_S3_SERVER: '1' },
  );
  const { passed, failed, skipped } = countsOf(reportFile);
  if (code !== 0 && failed === 0) process.stdout.write('No test failed, and yet `npm test` did: see above which check it was.\n');
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return code === 0 && (failed > 0 || passed === 0) ? 1 : code;
}

// A file that could not even be loaded has no tests to count and is a failure all the same, as is a run that left no report.
function countsOf(reportFile) {
  const report = readReport(reportFile);
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloadable = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
