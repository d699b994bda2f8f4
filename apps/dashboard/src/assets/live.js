// Live parts: when the server says that something changed, the page fetches itself and takes over the parts that differ. A part in which
// somebody is typing, has just marked text, has opened something, or plays a video, stays as it is until they are done. A list takes in what is new
// in it, and lets go of what is not in it any more.
const SLOWEST_MS = 10_000;
const GAP_MS = 2_000;
// A network that swallows everything ends no request.
const ANSWER_MS = 15_000;
// Text that was marked longer ago is not about to be copied any more.
const MARKED_MS = 15_000;

export function followLive(afterwards) {
  const main = document.querySelector('[data-live]');
  if (!main) return;
  const about = main.dataset.live;
  const shown = new Map([...main.querySelectorAll('[data-part]')].map((part) => [part.id, part.innerHTML]));
  let line = null;
  let last = 0;
  let waiting = null;
  // One request at a time: of two, the earlier could be answered last, and show what was before.
  let isAsking = false;
  let isDue = false;

  const isAbout = ({ ids, batches }) => {
    if (about.startsWith('id:')) return ids === null || ids.includes(about.slice(3));
    if (about.startsWith('batch:')) return batches === null || batches.includes(about.slice(6));
    return true;
  };

  async function refresh() {
    waiting = null;
    isDue = false;
    isAsking = true;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-live': '1' }, redirect: 'manual', signal: late.signal });
      if (answer.type === 'opaqueredirect' || answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      takeOver(parsed(await answer.text()));
      say('');
    } catch {
      say('The dashboard, or Redis behind it, does not answer: this is how things stood before.');
      hangUp();
    } finally {
      clearTimeout(timer);
      // A dashboard that needs long for each answer has a rest, too.
      last = Date.now();
      isAsking = false;
    }
    if (isDue) soon();
  }

  function takeOver(fresh) {
    for (const list of main.querySelectorAll('[data-list]')) takeIn(list, fresh.getElementById(list.id));
    for (const part of main.querySelectorAll('[data-part]')) {
      const next = fresh.getElementById(part.id);
      if (!next || shown.get(part.id) === next.innerHTML || isBusy(part)) continue;
      const focused = part.contains(document.activeElement) ? sameIn(part, document.activeElement) : null;
      shown.set(part.id, next.innerHTML);
      part.replaceChildren(...next.childNodes);
      focused?.()?.focus({ preventScroll: true });
    }
    afterwards();
  }

  function takeIn(list, next) {
    if (!next) return;
    for (const child of list.querySelectorAll(':scope > *')) if (!next.querySelector(`#${child.id}`) && !isBusy(child)) child.remove();
    let following = null;
    for (const { id } of [...next.children].toReversed()) {
      const child = list.querySelector(`#${id}`);
      following = child ?? list.insertBefore(next.querySelector(`#${id}`), following);
      if (child) continue;
      for (const part of following.querySelectorAll('[data-part]')) shown.set(part.id, part.innerHTML);
    }
  }

  function soon() {
    isDue = true;
    if (waiting === null && !isAsking && !document.hidden) waiting = setTimeout(refresh, Math.max(0, last + GAP_MS - Date.now()));
  }

  function connect() {
    if (document.hidden || line) return;
    line = new EventSource('/live');
    line.addEventListener('change', (event) => isAbout(JSON.parse(event.data)) && soon());
    line.addEventListener('hello', soon);
    // Any answer but a stream (a proxy's 502 while the dashboard starts again) ends a line for good.
    line.addEventListener('error', () => line?.readyState === EventSource.CLOSED && (line = null));
  }

  // Also a line that is as dead as the request was, without a word: it would keep one of the few connections that a browser has for us.
  function hangUp() {
    line?.close();
    line = null;
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hangUp();
    else connect();
  });
  // Ages grow also when nothing happens.
  setInterval(() => {
    connect();
    soon();
  }, SLOWEST_MS);
  addEventListener('pagehide', hangUp);
  connect();
}

// In a template, not by a DOMParser: Chromium keeps every document of one that has a video in it, for as long as the page is open.
function parsed(text) {
  const template = document.createElement('template');
  template.innerHTML = text;
  return template.content;
}

function isBusy(part) {
  const { activeElement: active } = document;
  const isTyping = part.contains(active) && active.matches('input, textarea, select');
  const isPlaying = [...part.querySelectorAll('video')].some((video) => !video.paused || video.currentTime > 0);
  const isFilled = [...part.querySelectorAll('input:not([type=hidden])')].some((input) =>
    input.type === 'checkbox' ? input.checked !== input.defaultChecked : input.value !== input.defaultValue,
  );
  return isTyping || isPlaying || isFilled || isMarked(part) || part.querySelector('details[open]') !== null;
}

let markedAt = 0;
document.addEventListener('selectionchange', () => (markedAt = Date.now()));

function isMarked(part) {
  const marked = getSelection();
  return !marked.isCollapsed && Date.now() - markedAt < MARKED_MS && marked.containsNode(part, true);
}

// The same thing in the new part, by what it leads to or does. Its place in the order may be another generation's now, and Enter would act on that.
function sameIn(part, element) {
  const deed = deedOf(element);
  const alike = (root) => [...root.querySelectorAll('a[href], button, summary, [tabindex]')].filter((one) => deedOf(one) === deed);
  const at = alike(part).indexOf(element);
  return () => alike(part)[at];
}

function deedOf(element) {
  return element.getAttribute('href') ?? `${element.form?.getAttribute('action')} ${element.textContent}`;
}

function say(text) {
  const state = document.getElementById('live-state');
  if (!state || state.textContent === text) return;
  state.textContent = text;
  state.hidden = text === '';
}
