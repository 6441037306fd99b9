// What every page does once it is there. Each part looks whether the page has what
// it is about, and leaves it alone otherwise.
import { follow } from './live.js';
import { choose } from './scope.js';
import { load } from './part.js';
import { sortable } from './sort.js';
import { draw } from './series.js';

choose();
sortable(document);
document.addEventListener('swapped', (event) => sortable(event.target));
load();
draw();
follow(document.body.dataset.view);
