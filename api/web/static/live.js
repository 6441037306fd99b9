// Follows the view of this page: the server sends regions of it anew when their
// numbers change, and this puts them in place. What had the focus keeps it, what was
// scrolled, opened or sorted stays so. A page that lost the server says so, says how
// old its numbers are, and tries again, more and more slowly.
import { kept } from './sort.js';

const pauses = [1000, 2000, 5000, 10000, 20000];

export function follow(view) {
  const status = document.getElementById('status');
  if (!view || !status || !window.EventSource) return;
  let source, timer, failures = 0;
  let at = status.dataset.at;

  function connect() {
    source = new EventSource('/live?view=' + encodeURIComponent(view));
    source.addEventListener('regions', (event) => {
      failures = 0;
      const news = JSON.parse(event.data);
      for (const [name, html] of Object.entries(news.regions)) swap(name, html ?? '');
      status.dataset.at = at = news.at;
      say('live');
    });
    source.addEventListener('error', () => {
      source.close();
      say('lost');
      clearTimeout(timer);
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)] * (0.75 + Math.random() / 2));
    });
  }

  const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: status.dataset.zone });
  function say(state) {
    status.className = 'status ' + state;
    const text = status.dataset[state].replace('{at}', clock.format(new Date(at)));
    if (status.textContent !== text) status.textContent = text;
  }

  // A page that is not looked at needs no numbers; it catches up when it is.
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    source?.close();
    if (!document.hidden) {
      failures = 0;
      connect();
    }
  });
  window.addEventListener('pagehide', () => source?.close());
  if (!document.hidden) connect();
}

function swap(name, html) {
  const region = document.querySelector('[data-live="' + CSS.escape(name) + '"]');
  const fresh = document.createElement('template');
  fresh.innerHTML = html;
  if (!region || region.innerHTML === fresh.innerHTML) return;
  const all = (what) => [...region.querySelectorAll(what)];
  const focus = region.contains(document.activeElement) ? document.activeElement.id : '';
  const scrolled = all('.scroll').map((e) => [e.scrollLeft, e.scrollTop]);
  const opened = all('details').map((e) => e.open);
  const sorted = kept(region);
  const before = new Map(all('[data-key]').map((e) => [e.dataset.key, e.textContent]));
  for (const e of fresh.content.querySelectorAll('[data-key]')) {
    if (before.has(e.dataset.key) && before.get(e.dataset.key) !== e.textContent) e.classList.add('changed');
  }
  region.replaceChildren(fresh.content);
  all('details').forEach((e, i) => { e.open = opened[i] ?? e.open; });
  region.dispatchEvent(new CustomEvent('swapped', { bubbles: true }));
  sorted();
  all('.scroll').forEach((e, i) => { if (scrolled[i]) [e.scrollLeft, e.scrollTop] = scrolled[i]; });
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}
