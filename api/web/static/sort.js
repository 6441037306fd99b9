// Sorts a table that is there whole where its head leads to the same order: the
// server sorts only what is shown in part.
export function sortable(root) {
  for (const table of root.querySelectorAll('table[data-sortable]')) {
    if (table.dataset.sortable === 'part') continue;
    table.tHead.rows[0].addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      order(table, link.closest('th'));
    });
  }
}

// kept remembers how the tables below an element are sorted, and returns what sorts
// those that stand in their places later the same way.
export function kept(root) {
  const tables = () => [...root.querySelectorAll('table[data-sortable=whole]')];
  const were = tables().map((table) => table.dataset.sorted);
  return () => tables().forEach((table, i) => {
    const [column, down] = (were[i] ?? '').split(' ');
    if (down) arrange(table, table.tHead.rows[0].cells[column], down === 'true');
  });
}

function order(table, head) {
  const first = head.cellIndex === 0, is = head.getAttribute('aria-sort');
  arrange(table, head, first ? is === 'ascending' : is !== 'descending');
}

function arrange(table, head, down) {
  const column = head.cellIndex;
  table.dataset.sorted = column + ' ' + down;
  for (const th of table.tHead.rows[0].cells) th.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const value = (row) => column === 0 ? row.cells[0].textContent.trim() : Number(row.cells[column].dataset.value);
  const compare = (a, b) => column === 0 ? value(a).localeCompare(value(b)) : value(a) - value(b);
  const rows = [...table.tBodies[0].rows].sort((a, b) => down ? compare(b, a) : compare(a, b));
  table.tBodies[0].append(...rows);
}
