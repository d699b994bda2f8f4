// Times come in UTC; people read them in their own zone, and the recent ones as how long ago.
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

export const fullText = (at) => full.format(at);
export const clockText = (at) => clock.format(at);
export const dayText = (at) => day.format(at);

export function showTimes() {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime);
    const text = element.dataset.style === 'ago' ? agoText(at) : full.format(at);
    if (element.textContent !== text) element.textContent = text;
    element.title = element.dataset.style === 'ago' ? full.format(at) : element.dateTime;
  }
}

function agoText(at) {
  const seconds = Math.round((at - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return ago.format(Math.round(seconds / size), unit);
}

// Fields for a local time say in which zone it was meant.
export function localInputs() {
  for (const zone of document.querySelectorAll('[data-zone]')) zone.value = String(new Date().getTimezoneOffset());
  for (const input of document.querySelectorAll('[data-local]')) {
    if (!input.dataset.local) continue;
    const at = new Date(input.dataset.local);
    input.value = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }
}
