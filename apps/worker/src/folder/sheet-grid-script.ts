/**
 * The part of the contact sheet's script that filters and lays out. Cards are made as they are scrolled to, and a video is
 * only loaded while it is near the window: thousands of rows cost no more than a screenful.
 */
export const SHEET_GRID_SCRIPT = String.raw`
const CARDS_AT_ONCE = 48;
const find = (id) => document.getElementById(id);
const { rows, writtenAt } = JSON.parse(find('data').textContent);
const all = rows.map((row, index) => ({
  row,
  number: index + 1,
  hay: [row.id, row.prompt, row.provider, row.model, row.state, whyOf(row), row.failure && row.failure.kind, paramsOf(row).join(' '), filesOf(row).join(' '), JSON.stringify(row.metadata || '')].join(' ').toLowerCase(),
}));
const chosen = { text: '', provider: '', states: new Set() };
let shown = all;
let made = 0;

const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) isIntersecting ? load(target) : unload(target);
}, { rootMargin: '400px 0px' });

function load(frame) {
  if (!frame.dataset.file || frame.querySelector('video')) return;
  const video = element('video');
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  video.preload = 'metadata';
  video.tabIndex = -1;
  video.setAttribute('aria-hidden', 'true');
  video.addEventListener('error', () => {
    if (!video.isConnected) return;
    video.remove();
    frame.prepend(element('span', 'note', 'This file is not beside the page, or cannot be played here.'));
    delete frame.dataset.file;
  });
  video.src = besides(frame.dataset.file) + '#t=0.1';
  frame.prepend(video);
}

function unload(frame) {
  const video = frame.querySelector('video');
  if (!video) return;
  video.remove();
  video.removeAttribute('src');
  video.load();
}

function preview(frame, on) {
  const video = frame.querySelector('video');
  if (!video || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  if (on) video.play().catch(() => undefined);
  else video.pause();
}

function makeMore(count) {
  const cards = document.createDocumentFragment();
  for (const item of shown.slice(made, made + count)) {
    const index = made++;
    const card = makeCard(item.row, item.number);
    const frame = card.firstElementChild;
    frame.addEventListener('click', () => openViewer(shown, index));
    for (const event of ['pointerenter', 'focus']) frame.addEventListener(event, () => preview(frame, true));
    for (const event of ['pointerleave', 'blur']) frame.addEventListener(event, () => preview(frame, false));
    nearby.observe(frame);
    cards.append(card);
  }
  find('grid').append(cards);
}

function fillWindow() {
  while (made < shown.length && find('more').getBoundingClientRect().top < innerHeight + 1200) makeMore(CARDS_AT_ONCE);
}

function apply() {
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  shown = all.filter(({ row, hay }) =>
    (!chosen.provider || row.provider === chosen.provider) && (!chosen.states.size || chosen.states.has(row.state)) && words.every((word) => hay.includes(word)));
  for (const frame of find('grid').querySelectorAll('.frame')) { nearby.unobserve(frame); unload(frame); }
  find('grid').replaceChildren();
  made = 0;
  fillWindow();
  find('count').textContent = shown.length === all.length ? '' : shown.length.toLocaleString('en') + ' of ' + all.length.toLocaleString('en');
  find('empty').hidden = shown.length > 0;
  find('clear').hidden = all.length === 0;
  find('empty').firstElementChild.textContent = all.length ? 'Nothing matches.' : 'Nothing here yet. The first videos appear when this page is opened again after they have arrived.';
  for (const chip of find('states').children) chip.setAttribute('aria-pressed', String(chosen.states.has(chip.dataset.state)));
}

function tally(key) {
  const counts = new Map();
  for (const { row } of all) counts.set(row[key], (counts.get(row[key]) || 0) + 1);
  return [...counts];
}

function introduce() {
  const order = ['done', 'moving', 'asks', 'stopped', 'gone'];
  const states = tally('state').sort(([a], [b]) => order.indexOf(toneOf(a)) - order.indexOf(toneOf(b)));
  for (const [state, count] of states) {
    const part = element('i');
    part.dataset.tone = toneOf(state);
    part.style.flexGrow = String(count);
    find('bar').append(part);
    const chip = element('button', 'chip');
    chip.type = 'button';
    chip.dataset.tone = toneOf(state);
    chip.dataset.state = state;
    chip.append(element('span', 'dot'), state[0].toUpperCase() + state.slice(1), element('b', '', count.toLocaleString('en')));
    chip.addEventListener('click', () => { chosen.states.delete(state) || chosen.states.add(state); apply(); });
    find('states').append(chip);
  }
  for (const [provider, count] of tally('provider').sort(([a], [b]) => a < b ? -1 : 1)) {
    const option = element('option', '', provider + ' (' + count.toLocaleString('en') + ')');
    option.value = provider;
    find('provider').append(option);
  }
  const seconds = all.reduce((sum, { row }) => sum + row.videos.reduce((own, video) => own + (video.file && video.durationSeconds || 0), 0), 0);
  const files = all.reduce((sum, { row }) => sum + filesOf(row).length, 0);
  find('summary').textContent = [
    all.length.toLocaleString('en') + (all.length === 1 ? ' prompt' : ' prompts'),
    files.toLocaleString('en') + (files === 1 ? ' video' : ' videos'),
    seconds ? spell(seconds * 1000) + ' of footage' : '',
  ].filter(Boolean).join(' · ');
  find('written').textContent = 'Written ' + when(writtenAt) + '. The same facts for programs are in manifest.jsonl.';
}

let due = 0;
find('text').addEventListener('input', (event) => { chosen.text = event.target.value; cancelAnimationFrame(due); due = requestAnimationFrame(apply); });
find('provider').addEventListener('change', (event) => { chosen.provider = event.target.value; apply(); });
find('clear').addEventListener('click', () => { chosen.text = find('text').value = ''; chosen.provider = find('provider').value = ''; chosen.states.clear(); apply(); find('text').focus(); });
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || viewer.open || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  find('text').focus();
});
new IntersectionObserver(fillWindow, { rootMargin: '1200px 0px' }).observe(find('more'));
addEventListener('scroll', fillWindow, { passive: true });
addEventListener('resize', fillWindow);
addEventListener('beforeprint', () => makeMore(shown.length - made));
find('tools').hidden = all.length === 0;
introduce();
apply();
`;
