/**
 * The part of the contact sheet's script that makes one card. Text is only ever set as text: there is no markup in it and none is parsed.
 */
export const SHEET_CARD_SCRIPT = String.raw`
const TONES = { succeeded: 'done', failed: 'stopped', canceled: 'gone', unresolved: 'asks', overdue: 'asks', ambiguous: 'asks' };
const toneOf = (state) => TONES[state] || 'moving';

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function spell(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return (milliseconds < 10000 ? Math.round(milliseconds / 100) / 10 : seconds) + ' s';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + ' min ' + (seconds % 60) + ' s';
  return Math.floor(minutes / 60) + ' h ' + (minutes % 60) + ' min';
}

function tookOf(row) {
  const took = Date.parse(row.finishedAt) - Date.parse(row.submittedAt || row.createdAt);
  return took >= 0 ? spell(took) : '';
}

function valueOf(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/* The seed first: it is what one looks for. */
function paramsOf(row) {
  const known = Object.entries(row.params || {}).filter(([, value]) => value !== null && value !== undefined && value !== row.prompt);
  return [...known.filter(([name]) => /seed/i.test(name)), ...known.filter(([name]) => !/seed/i.test(name))].map(([name, value]) => name + ' ' + valueOf(value));
}

/* A file beside this page, and never anything else: no scheme, no other host. */
function besides(file) {
  return typeof file === 'string' && file !== '' ? './' + file.split('/').map(encodeURIComponent).join('/') : '';
}

const stillness = matchMedia('(prefers-reduced-motion: reduce)');
const filesOf = (row) => row.videos.map((video) => video.file).filter(Boolean);

function whyOf(row) {
  if (row.filesRemovedAt) return 'The files were removed by retention, ' + when(row.filesRemovedAt) + '.';
  if (row.failure) return row.failure.message || row.failure.kind;
  if (row.state === 'unresolved' && row.ambiguity) return 'Nobody knows whether it was accepted: ' + row.ambiguity.why;
  if (row.state === 'overdue') return 'Past its deadline. Its task is kept and looked at now and then.';
  const last = row.history[row.history.length - 1];
  return row.held || (row.state === 'succeeded' || !last ? '' : last.note || '');
}

const KINDS = {
  rejected: 'the provider refused the request', moderated: 'refused by content policy', upstream: 'the provider could not make it',
  missing: 'the provider lost the task', no_output: 'the provider made no video', protocol: 'the answer of the provider cannot be read', asset: 'made, but not downloaded', delisted: 'not offered to this account', id_used: 'its id names an older task', abandoned: 'given up by a person',
};
const kindOf = (row) => KINDS[row.failure.kind] || row.failure.kind.replaceAll('_', ' ');

function nameOf(row) {
  return row.prompt || (row.image ? 'Image to video, without a prompt' : 'Without a prompt');
}

function makeFrame(row, number) {
  const frame = element('button', 'frame');
  frame.type = 'button';
  frame.setAttribute('aria-label', (filesOf(row).length ? 'Play ' : 'Show ') + number + ': ' + nameOf(row).slice(0, 120));
  const file = filesOf(row)[0];
  if (file) {
    frame.dataset.file = file;
    const poster = row.videos[0] && row.videos[0].thumbnailUrl;
    if (poster && !poster.includes(':')) frame.dataset.poster = poster;
    frame.append(element('span', 'play'));
  } else {
    frame.append(makeNote(row));
  }
  frame.append(element('span', 'tag number', String(number).padStart(4, '0')));
  const seconds = row.videos[0] && row.videos[0].durationSeconds;
  if (file && seconds) frame.append(element('span', 'tag length', spell(seconds * 1000)));
  return frame;
}

function makeNote(row) {
  const note = element('span', 'note');
  const percent = row.progress && typeof row.progress.percent === 'number' ? ' ' + Math.round(row.progress.percent) + ' %' : '';
  note.append(element('b', '', row.state + percent));
  if (row.failure) note.append(kindOf(row));
  return note;
}

function makeState(row) {
  const line = element('p', 'state');
  line.append(element('span', 'dot'), element('b', '', row.state));
  if (tookOf(row)) line.append(element('span', '', (row.state === 'succeeded' ? 'in ' : 'after ') + tookOf(row)));
  return line;
}

/* From the price table of whoever ran it, or the upstream's own figure; nothing where nobody knows. */
function costOf({ estimatedCost: cost }) {
  if (!cost) return '';
  return cost.amount > 0 && cost.amount < 0.005 ? 'less than 0.01 ' + cost.currency : 'about ' + cost.amount.toFixed(2) + ' ' + cost.currency;
}

function makerOf(row) {
  const model = row.model && row.model !== row.provider ? row.model : '';
  return [row.provider, model, costOf(row)].filter(Boolean).join(' · ');
}

function makeCard(row, number) {
  const card = element('li', 'card');
  card.dataset.tone = toneOf(row.state);
  const text = element('div', 'text');
  text.append(element('p', 'prompt', nameOf(row)));
  if (whyOf(row)) text.append(element('p', 'reason', whyOf(row)));
  const foot = element('div', 'foot');
  foot.append(makeState(row), element('p', 'maker', makerOf(row)));
  for (const [what, line] of [['Parameters', paramsOf(row).join(' · ')], ['File', filesOf(row).join(', ')], ['Id', filesOf(row).length ? '' : row.id]]) {
    if (!line) continue;
    const small = element('p', what === 'Parameters' ? 'small wraps' : 'small', line);
    small.title = what + ': ' + line;
    foot.append(small);
  }
  text.append(foot);
  card.append(makeFrame(row, number), text);
  return card;
}
`;
