// What every page does once it is there. Each part looks whether the page has what
// it is about, and leaves it alone otherwise.
import { follow } from './live.js';

follow(document.body.dataset.view);
