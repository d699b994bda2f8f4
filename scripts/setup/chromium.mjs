// The Chromium that the browser tests drive. Only CI insists on one; people without it see those tests skipped.

import { findPrograms } from './program.mjs';

export function findChromium() {
  return findPrograms(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'])[0];
}
