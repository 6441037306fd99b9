// Follows the view of this page: the server sends regions of it anew when their
// numbers change, and this puts them in place. What had the focus keeps it, what was
// scrolled, opened or sorted stays so. A page that lost the server says so, says how
// old its numbers are, and tries again, more and more slowly. One whose reader is no
// longer signed in shows nothing more.
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
      leaveIfOut();
      clearTimeout(timer);
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)] * (0.75 + Math.random() / 2));
    });
  }

  const clock = clockOf(status.dataset.zone);
  function say(state) {
    status.className = 'status ' + state;
    // Whoever listens to the page is told that it was lost, and not of every update.
    status.setAttribute('aria-live', state === 'live' ? 'off' : 'polite');
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

// clockOf writes the time of day in a zone, or the reader's own where the browser does
// not know the zone.
function clockOf(zone) {
  const style = { timeStyle: 'medium' };
  try {
    return new Intl.DateTimeFormat('en-GB', { ...style, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat('en-GB', style);
  }
}

// leaveIfOut asks for the page anew where the session ended, which leads to signing in.
async function leaveIfOut() {
  try {
    if ((await fetch('/v1/me')).status === 401) location.reload();
  } catch {
    // The server is away: the numbers stay, and it is tried again.
  }
}

const focusable = 'a, button, summary, [tabindex]';

function swap(name, html) {
  const region = document.querySelector('[data-live="' + CSS.escape(name) + '"]');
  const fresh = document.createElement('template');
  fresh.innerHTML = html;
  if (!region || region.innerHTML === fresh.innerHTML) return;
  const all = (what) => [...region.querySelectorAll(what)];
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const place = all(focusable).indexOf(focused);
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
  if (!focused) return;
  // What leads to the same place is the same, wherever it came to stand.
  const href = focused.getAttribute('href');
  const again = document.getElementById(focused.id) ?? (href && all('a').find((a) => a.getAttribute('href') === href)) ?? all(focusable)[place];
  again?.focus({ preventScroll: true });
}
