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

function order(table, head) {
  const column = head.cellIndex;
  const down = column === 0 ? head.getAttribute('aria-sort') === 'ascending' : head.getAttribute('aria-sort') !== 'descending';
  for (const th of table.tHead.rows[0].cells) th.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const value = (row) => column === 0 ? row.cells[0].textContent.trim() : Number(row.cells[column].dataset.value);
  const compare = (a, b) => column === 0 ? value(a).localeCompare(value(b)) : value(a) - value(b);
  const rows = [...table.tBodies[0].rows].sort((a, b) => down ? compare(b, a) : compare(a, b));
  table.tBodies[0].append(...rows);
}
