/** The system's Chromium for browser tests: found, never downloaded. It speaks to this machine only. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Null where there is none. Where DAILIES_REQUIRE_CHROMIUM is 1, that is an error: a skip must not pass unseen. */
export function findChromium(): string | null {
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const found = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isProgram);
  if (found === undefined && process.env['DAILIES_REQUIRE_CHROMIUM'] === '1') {
    throw new Error('DAILIES_REQUIRE_CHROMIUM is 1, but there is no Chromium. Install the package `chromium`.');
  }
  return found ?? null;
}

export async function openChromium(program: string): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return path.isAbsolute(file);
  } catch {
    return false;
  }
}
