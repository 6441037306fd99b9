// Follows the view of this page: the server sends regions of it anew when their
// numbers change, and this puts them in place. What had the focus keeps it, what was
// scrolled stays where it was. A page that lost the server says so, says how old its
// numbers are, and tries again, more and more slowly.

const pauses = [1000, 2000, 5000, 10000, 20000];

export function follow(view) {
  const status = document.getElementById('status');
  if (!view || !status || !window.EventSource) return;
  let source, failures = 0, timer;
  let at = status.dataset.at || '';

  function connect() {
    source = new EventSource('/live?view=' + encodeURIComponent(view));
    source.addEventListener('regions', (event) => {
      failures = 0;
      const news = JSON.parse(event.data);
      for (const [name, html] of Object.entries(news.regions || {})) swap(name, html);
      at = news.clock || at;
      say('live', status.dataset.live);
    });
    source.addEventListener('error', () => {
      source.close();
      say('lost', at ? status.dataset.lost : status.dataset.lostAtOnce);
      clearTimeout(timer);
      timer = setTimeout(connect, pauses[Math.min(failures++, pauses.length - 1)] * (0.75 + Math.random() / 2));
    });
  }

  function say(state, text) {
    text = text.replace('{at}', at);
    if (status.className !== 'status ' + state) status.className = 'status ' + state;
    if (status.textContent !== text) status.textContent = text;
  }

  // A page that is not looked at needs no numbers; it catches up when it is.
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) source?.close();
    else { failures = 0; source?.close(); connect(); }
  });
  window.addEventListener('pagehide', () => source?.close());
  connect();
}

function swap(name, html) {
  const region = document.querySelector('[data-live="' + CSS.escape(name) + '"]');
  if (!region || region.dataset.html === html) return;
  const focus = region.contains(document.activeElement) ? document.activeElement.id : '';
  const scrolled = [...region.querySelectorAll('.scroll')].map((e) => [e.scrollLeft, e.scrollTop]);
  const fresh = document.createElement('template');
  fresh.innerHTML = html;
  const before = new Map([...region.querySelectorAll('[data-key]')].map((e) => [e.dataset.key, e.textContent]));
  for (const e of fresh.content.querySelectorAll('[data-key]')) {
    if (before.has(e.dataset.key) && before.get(e.dataset.key) !== e.textContent) e.classList.add('changed');
  }
  region.replaceChildren(fresh.content);
  region.dataset.html = html;
  region.querySelectorAll('.scroll').forEach((e, i) => { if (scrolled[i]) [e.scrollLeft, e.scrollTop] = scrolled[i]; });
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  region.dispatchEvent(new CustomEvent('swapped', { bubbles: true }));
}
