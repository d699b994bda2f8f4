/**
 * The document of the contact sheet around its data. Its policy allows this one script and this one style, files beside it, and nothing else.
 */
import { createHash } from 'node:crypto';
import { SHEET_CARD_SCRIPT } from './sheet-card-script.ts';
import { SHEET_FILTER_SCRIPT } from './sheet-filter-script.ts';
import { SHEET_STYLE } from './sheet-style.ts';
import { SHEET_VIEWER_SCRIPT } from './sheet-viewer-script.ts';
import { SHEET_VIEWER_STYLE } from './sheet-viewer-style.ts';
import { SHEET_WINDOW_SCRIPT } from './sheet-window-script.ts';

const SCRIPT = `(() => {\n'use strict';\n${SHEET_CARD_SCRIPT}${SHEET_VIEWER_SCRIPT}${SHEET_WINDOW_SCRIPT}${SHEET_FILTER_SCRIPT}})();\n`;
const STYLE = SHEET_STYLE + SHEET_VIEWER_STYLE;

export function sheetBeforeData(title: string, simulated: boolean): string {
  const name = asText(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Dailies">
<link rel="icon" href="data:,">
<title>${name}${simulated ? ' (simulated)' : ''} · Dailies</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#sheet">Skip to the videos</a>
<header>
<p class="kicker">Dailies<span aria-hidden="true"> / </span>contact sheet</p>
<h1>${name}</h1>
<p id="summary" class="summary"></p>
${simulated ? SIMULATED : ''}<div id="bar" class="bar" aria-hidden="true"></div>
</header>
<search id="tools" class="tools" aria-label="Filter the videos">
<input id="text" type="search" placeholder="Search prompts, models, parameters, files" aria-label="Search prompts, models, parameters and files" autocomplete="off" spellcheck="false">
<select id="provider" aria-label="Provider"><option value="">All providers</option></select>
<div id="states" class="states" role="group" aria-label="States"></div>
<p id="count" class="count" role="status"></p>
</search>
<main id="sheet" tabindex="-1">
<p id="printed" class="printed"></p>
<div id="above" aria-hidden="true"></div>
<ol id="grid" class="grid"></ol>
<div id="below" aria-hidden="true"></div>
<div id="empty" class="empty" hidden><p></p><button type="button" id="clear">Clear the filters</button></div>
<noscript><p class="empty">This page shows its videos with a script, and scripts are off. Everything it would show is in manifest.jsonl and manifest.csv; the videos are the files beside it.</p></noscript>
</main>
<footer><p id="written"></p></footer>
<dialog id="viewer" aria-labelledby="viewer-prompt"></dialog>
<script type="application/json" id="data">`;
}

export const SHEET_AFTER_DATA = `</script>
<script>${SCRIPT}</script>
</body>
</html>
`;

const SIMULATED = `<p class="simulated"><strong>Simulated.</strong> No video service was called and nothing was billed. These clips stand in for real ones.</p>
`;

function policy(): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(SCRIPT)}'`,
    `style-src '${hashOf(STYLE)}'`,
    "media-src 'self' file:",
    "img-src 'self' file: data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function asText(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
