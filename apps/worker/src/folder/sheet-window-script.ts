/**
 * The part of the contact sheet's script that keeps only the cards near the window in the document, and only the videos nearest to it loaded:
 * thousands of rows cost no more than a screenful, however far one scrolls. All cards are of one height, so the rest is two spacers.
 */
export const SHEET_WINDOW_SCRIPT = String.raw`
const OVERSCAN = 900;
const find = (id) => document.getElementById(id);
const grid = find('grid');
const cards = new Map();
let columns = 1;
let rowHeight = 0;
let printing = false;

const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) isIntersecting ? load(target) : unload(target);
}, { rootMargin: '300px 0px' });

function load(frame) {
  if (!frame.dataset.file || frame.querySelector('video')) return;
  const video = element('video');
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  video.tabIndex = -1;
  video.setAttribute('aria-hidden', 'true');
  video.addEventListener('error', () => {
    if (!video.isConnected) return;
    video.remove();
    frame.prepend(element('span', 'note', 'This file is not beside the page, or cannot be played here.'));
    delete frame.dataset.file;
  });
  if (frame.dataset.poster) video.poster = besides(frame.dataset.poster);
  video.preload = frame.dataset.poster ? 'none' : 'metadata';
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
  if (!video || stillness.matches) return;
  if (on) video.play().catch(() => undefined);
  else video.pause();
}

function addCard(index, before) {
  const { row, number } = shown[index];
  const card = makeCard(row, number);
  card.setAttribute('aria-posinset', String(index + 1));
  card.setAttribute('aria-setsize', String(shown.length));
  const frame = card.firstElementChild;
  frame.addEventListener('click', () => openViewer(shown, index));
  for (const event of ['pointerenter', 'focus']) frame.addEventListener(event, () => preview(frame, true));
  for (const event of ['pointerleave', 'blur']) frame.addEventListener(event, () => preview(frame, false));
  grid.insertBefore(card, before);
  cards.set(index, card);
  if (!printing) nearby.observe(frame);
}

function dropCard(index) {
  const card = cards.get(index);
  const frame = card.firstElementChild;
  nearby.unobserve(frame);
  unload(frame);
  // Somebody who works by keyboard stays in the list.
  if (card.contains(document.activeElement)) find('sheet').focus({ preventScroll: true });
  card.remove();
  cards.delete(index);
}

function keepOnly(from, to) {
  for (const index of [...cards.keys()]) if (index < from || index >= to) dropCard(index);
  let next = grid.firstElementChild;
  for (let index = from; index < to; index++) {
    if (cards.get(index) === next && next) next = next.nextElementSibling;
    else addCard(index, next);
  }
}

function measure() {
  if (!cards.size) keepOnly(0, Math.min(1, shown.length));
  const style = getComputedStyle(grid);
  columns = style.gridTemplateColumns.split(' ').length;
  rowHeight = grid.firstElementChild ? grid.firstElementChild.getBoundingClientRect().height + parseFloat(style.rowGap) : 0;
}

function fillWindow() {
  if (printing) return;
  if (!rowHeight) measure();
  const rowsInAll = Math.ceil(shown.length / columns);
  const top = find('above').getBoundingClientRect().top;
  const clamp = (row) => Math.max(0, Math.min(rowsInAll, row));
  const first = rowHeight ? clamp(Math.floor((-top - OVERSCAN) / rowHeight)) : 0;
  const last = rowHeight ? clamp(Math.ceil((innerHeight - top + OVERSCAN) / rowHeight)) : 0;
  keepOnly(first * columns, Math.min(shown.length, last * columns));
  find('above').style.height = first * rowHeight + 'px';
  find('below').style.height = (rowsInAll - last) * rowHeight + 'px';
}

/* After a change of what is shown, or of the width: the first card in view stays in view. */
function layOut(keepsPlace) {
  const firstRow = rowHeight ? Math.max(0, Math.round((scrollY - topOfGrid()) / rowHeight)) : 0;
  const firstIndex = keepsPlace ? firstRow * columns : 0;
  keepOnly(0, 0);
  rowHeight = 0;
  measure();
  if (keepsPlace && firstIndex > 0 && rowHeight) {
    find('below').style.height = Math.ceil(shown.length / columns) * rowHeight + 'px';
    scrollTo(0, topOfGrid() + Math.floor(firstIndex / columns) * rowHeight);
  }
  fillWindow();
}

const topOfGrid = () => find('above').getBoundingClientRect().top + scrollY;

/* On paper there is no window: every row that is shown, without its video. */
function printAll(on) {
  const place = scrollY;
  printing = on;
  if (on) {
    keepOnly(0, 0);
    keepOnly(0, shown.length);
    find('printed').textContent = printedInWords();
    for (const id of ['above', 'below']) find(id).style.height = '0px';
  } else {
    find('printed').textContent = '';
    layOut(false);
    scrollTo(0, place);
  }
}

let width = innerWidth;
addEventListener('scroll', fillWindow, { passive: true });
addEventListener('resize', () => {
  if (innerWidth === width) return fillWindow();
  width = innerWidth;
  layOut(true);
});
addEventListener('beforeprint', () => printAll(true));
addEventListener('afterprint', () => printAll(false));
`;
