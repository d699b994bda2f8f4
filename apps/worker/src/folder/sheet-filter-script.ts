/**
 * The part of the contact sheet's script that reads the rows, filters them and says how many there are.
 */
export const SHEET_FILTER_SCRIPT = String.raw`
const { rows, writtenAt } = JSON.parse(find('data').textContent);
const all = rows.map((row, index) => ({
  row,
  number: index + 1,
  hay: [row.id, row.prompt, row.provider, row.model, row.state, whyOf(row), row.failure && row.failure.kind, paramsOf(row).join(' '), filesOf(row).join(' '), JSON.stringify(row.metadata || '')].join(' ').toLowerCase(),
}));
const chosen = { text: '', provider: '', states: new Set() };
let shown = all;

function apply() {
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  shown = all.filter(({ row, hay }) =>
    (!chosen.provider || row.provider === chosen.provider) && (!chosen.states.size || chosen.states.has(row.state)) && words.every((word) => hay.includes(word)));
  layOut(false);
  find('count').textContent = shown.length === all.length ? '' : shown.length.toLocaleString('en') + ' of ' + all.length.toLocaleString('en');
  find('empty').hidden = shown.length > 0;
  find('clear').hidden = all.length === 0;
  find('empty').firstElementChild.textContent = all.length ? 'Nothing matches.' : 'Nothing here yet. The first videos appear when this page is opened again after they have arrived.';
  for (const chip of find('states').children) chip.setAttribute('aria-pressed', String(chosen.states.has(chip.dataset.state)));
}

/* For paper: a page that shows a part must say so. */
function printedInWords() {
  if (shown.length === all.length) return 'All ' + all.length.toLocaleString('en') + ' are printed.';
  const filter = [chosen.text && '“' + chosen.text + '”', chosen.provider, [...chosen.states].join(' or ')].filter(Boolean).join(', ');
  return 'Printed: ' + shown.length.toLocaleString('en') + ' of ' + all.length.toLocaleString('en') + ', as filtered by ' + filter + '.';
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
  find('written').textContent = 'Written ' + when(writtenAt) + '. The same facts are in manifest.jsonl for programs and in manifest.csv for spreadsheets.';
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
find('tools').hidden = all.length === 0;
introduce();
apply();
`;
