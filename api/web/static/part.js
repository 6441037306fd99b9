// Loads parts of a page that are heavy when they are come to: until then, and where
// there is no script, a link leads to them.
export function load() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      fill(entry.target, entry.target.dataset.part);
    }
  }, { rootMargin: '200px' });
  for (const place of document.querySelectorAll('[data-part]')) seen.observe(place);
}

async function fill(place, href) {
  place.setAttribute('aria-busy', 'true');
  try {
    const url = new URL(href, location.href);
    url.searchParams.set('part', 'main');
    const answer = await fetch(url, { headers: { Accept: 'text/html' } });
    const text = await answer.text();
    if (!answer.ok || place.dataset.part !== href) return; // the link stays
    const fresh = document.createElement('template');
    fresh.innerHTML = text;
    const had = place.contains(document.activeElement);
    place.replaceChildren(fresh.content);
    // Its own tabs load into the same place.
    for (const tab of place.querySelectorAll('.tabs a')) {
      tab.addEventListener('click', (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        place.dataset.part = tab.getAttribute('href');
        fill(place, place.dataset.part);
      });
    }
    place.dispatchEvent(new CustomEvent('swapped', { bubbles: true }));
    if (had) place.querySelector('.tabs a[aria-current]')?.focus();
  } catch {
    // The link to the part stays.
  } finally {
    place.removeAttribute('aria-busy');
  }
}
