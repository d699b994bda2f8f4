/**
 * The part of the contact sheet's script that shows one generation large: its videos with controls, and everything known about it.
 */
export const SHEET_VIEWER_SCRIPT = String.raw`
const viewer = document.getElementById('viewer');
let opened = -1;
let inView = [];

function openViewer(rows, index) {
  inView = rows;
  opened = index;
  viewer.showModal();
  fillViewer();
}

function step(by) {
  const next = opened + by;
  if (next < 0 || next >= inView.length) return;
  opened = next;
  fillViewer();
}

function fillViewer() {
  const held = document.activeElement && document.activeElement.dataset.step;
  const { row, number } = inView[opened];
  const open = element('div', 'open');
  open.append(makeStage(row), makeFacts(row, number));
  viewer.dataset.tone = toneOf(row.state);
  viewer.replaceChildren(open);
  const buttons = [...viewer.querySelectorAll('[data-step]')];
  const focus = buttons.find((button) => button.dataset.step === held && !button.disabled) || buttons[buttons.length - 1];
  focus.focus();
}

function makeStage(row) {
  const stage = element('div', 'stage');
  filesOf(row).forEach((file, index) => {
    const video = element('video');
    video.controls = true;
    video.loop = true;
    video.playsInline = true;
    video.preload = 'metadata';
    video.autoplay = index === 0 && !stillness.matches;
    video.setAttribute('aria-label', 'Video ' + file);
    video.addEventListener('error', () => video.replaceWith(element('p', 'note', file + ' is not beside this page, or cannot be played here.')));
    video.src = besides(file);
    stage.append(video);
  });
  if (!filesOf(row).length) stage.append(makeNote(row));
  return stage;
}

function makeFacts(row, number) {
  const facts = element('div', 'facts');
  const steps = element('div', 'steps');
  for (const [label, action, off] of [['Previous', () => step(-1), opened === 0], ['Next', () => step(1), opened === inView.length - 1], ['Close', () => viewer.close(), false]]) {
    const button = element('button', 'bare', label);
    button.type = 'button';
    button.disabled = off;
    button.dataset.step = label;
    button.addEventListener('click', action);
    steps.append(button);
  }
  const prompt = element('p', 'whole', nameOf(row));
  prompt.id = 'viewer-prompt';
  facts.append(steps, prompt);
  // As failureText of the ledger: most messages end with their code.
  const { code } = row.failure || {};
  const isSaid = !code || whyOf(row).includes('code ' + code + ')');
  if (whyOf(row)) facts.append(element('p', 'reason', whyOf(row) + (isSaid ? '' : ' (code ' + code + ')')));
  facts.append(makeState(row), makeList('', [
    ['Number', String(number)],
    ['Provider', row.provider],
    ['Model', row.model],
    ['Submitted', when(row.submittedAt)],
    ['Finished', when(row.finishedAt)],
    ['Failure', row.failure ? kindOf(row) : ''],
    ['Image', row.image],
  ]));
  facts.append(makeList('Parameters', Object.entries(row.params || {}).map(([name, value]) => [name, valueOf(value), 'code'])));
  facts.append(makeList('Metadata', Object.entries(row.metadata || {}).map(([name, value]) => [name, valueOf(value), 'code'])));
  for (const video of row.videos) facts.append(makeList('File', [
    ['Name', video.file, 'code'],
    ['Picture', video.width ? video.width + ' × ' + video.height + (video.durationSeconds ? ', ' + spell(video.durationSeconds * 1000) : '') : ''],
    ['Size', video.bytes ? video.bytes.toLocaleString('en') + ' bytes' : ''],
    ['SHA-256', video.sha256, 'code'],
    ['From', video.url, 'code'],
  ]));
  for (const extra of row.extras || []) facts.append(makeList('File', [['Name', extra.file, 'code'], ['Kind', extra.kind], ['SHA-256', extra.sha256, 'code']]));
  facts.append(makeList('Record', [
    ['Id', row.id, 'code'],
    ['Task', row.task ? row.task.id : '', 'code'],
    ['Cost', costOf(row) && costOf(row) + ' (' + row.estimatedCost.basis + ')'],
    ['Second task', (row.strays || []).map((stray) => stray.task.id).join(', '), 'code'],
    ['Round', row.round > 1 ? String(row.round) : ''],
    ['Attempts', row.attempts === undefined ? '' : String(row.attempts)],
  ]));
  facts.append(makeList('History', row.history.map((entry) => [when(entry.at, true), entry.state + (entry.times > 1 ? ' × ' + entry.times : '') + (entry.note ? ': ' + entry.note : '')])));
  return facts;
}

function makeList(title, pairs) {
  const section = element('section');
  const list = element('dl');
  for (const [name, value, className] of pairs) {
    if (value === undefined || value === null || value === '') continue;
    list.append(element('dt', '', name), element('dd', className, value));
  }
  if (!list.childElementCount) return section;
  if (title) section.append(element('h2', '', title));
  section.append(list);
  return section;
}

function when(time, short) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  return short ? at.toLocaleTimeString('en', { hour12: false }) : at.toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium', hour12: false });
}

viewer.addEventListener('close', () => viewer.replaceChildren());
viewer.addEventListener('click', (event) => { if (event.target === viewer) viewer.close(); });
viewer.addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLVideoElement) return;
  if (event.key === 'ArrowRight') step(1);
  if (event.key === 'ArrowLeft') step(-1);
});
`;
