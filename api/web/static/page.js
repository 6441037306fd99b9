// What every page does once it is there. Each part looks whether the page has what
// it is about, and leaves it alone otherwise.
import { follow } from './live.js';
import { load } from './part.js';
import { sortable } from './sort.js';
import { draw } from './series.js';

choose();
sortable(document);
document.addEventListener('swapped', (event) => sortable(event.target));
load();
draw();
follow(document.body.dataset.view);

// The choice of days: a named range needs no dates, and is shown as soon as it is
// chosen from the list by mouse. By keyboard one steps through the list, and sends
// the form when one has come to it.
function choose() {
  for (const form of document.querySelectorAll('[data-scope]')) {
    const range = form.elements.range, dates = form.querySelector('.dates');
    const follow = () => {
      const custom = range.value === 'custom';
      dates.classList.toggle('unused', !custom);
      for (const input of dates.querySelectorAll('input')) input.disabled = !custom;
    };
    range.addEventListener('change', follow);
    follow();
  }
}
