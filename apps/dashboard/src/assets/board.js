// A session that has ended: Bull Board shows what it had, and complains every few seconds. As on our own pages, the person is led to the form;
// there, who has pressed something is told that it was not done.
let isTold = false;
window.XMLHttpRequest = class extends XMLHttpRequest {
  open(method, ...rest) {
    this.addEventListener('load', () => this.status === 401 && leadToLogin(method.toUpperCase() !== 'GET'));
    super.open(method, ...rest);
  }
};

function leadToLogin(isAction) {
  // What it asks meanwhile by itself is refused as well, and must not take the word away.
  isTold ||= isAction;
  location.assign(`/login?to=${encodeURIComponent(location.pathname + location.search)}${isTold ? '&undone=1' : ''}`);
}

// Names for Bull Board's buttons that are an icon and nothing else: it says what they do only while a pointer is over them, so that neither
// a screen reader nor a finger learns it. The icon tells which one it is. An icon that is new here is called by its own name.
const NAMES = {
  'arrow-up-down': 'Change the priority',
  'chevrons-left': 'First page',
  'chevrons-right': 'Last page',
  'chevron-left': 'Page before',
  'chevron-right': 'Next page',
  'circle-user': 'Links',
  'corner-up-left': 'Promote',
  'ellipsis-vertical': 'Actions of the queue',
  'refresh-cw': 'Retry',
  'trash-2': 'Remove',
  clock: 'Reschedule',
  copy: 'Copy',
  files: 'Duplicate',
  maximize: 'Full screen',
  minimize: 'End full screen',
  pencil: 'Change the data',
  settings: 'Settings',
  x: 'Close',
};

function name(button) {
  // `lucide lucide-trash2 lucide-trash-2 …`: the last of them is its present name.
  const icon = [...(button.querySelector('svg')?.classList ?? [])].findLast((word) => word.startsWith('lucide-'))?.slice(7);
  // The only one that is not out of that set is the logo of Redis.
  const text = icon === undefined ? 'Figures of Redis' : (NAMES[icon] ?? icon.replaceAll('-', ' '));
  if (button.getAttribute('aria-label') !== text) button.setAttribute('aria-label', text);
}

function nameAll() {
  for (const button of document.querySelectorAll('button')) {
    const isOurs = button.dataset.named === 'here';
    if (!isOurs && (button.innerText.trim() !== '' || button.hasAttribute('aria-label') || button.title !== '')) continue;
    button.dataset.named = 'here';
    name(button);
  }
  // An empty picture, drawn with the role of one.
  for (const picture of document.querySelectorAll('svg[role="img"]:not([aria-label])')) picture.setAttribute('aria-hidden', 'true');
}

new MutationObserver(nameAll).observe(document, { subtree: true, childList: true });
nameAll();
