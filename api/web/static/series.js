// Draws the table of figures over time with uPlot. What still moves by the passing of
// time is hatched. Which figure is drawn stands in the address.
export function draw() {
  const place = document.getElementById('chart');
  if (!place || !document.getElementById('series-table') || typeof uPlot === 'undefined') return;
  let heads, rows;
  const read = () => {
    const table = document.getElementById('series-table');
    heads = [...table.tHead.rows[0].cells].slice(1);
    rows = [...table.tBodies[0].rows];
  };
  read();
  const wanted = new URL(location.href).searchParams.get('chart');
  let chosen = Math.max(0, heads.findIndex((h) => h.dataset.id === wanted));
  if (!heads.some((h) => h.dataset.id === wanted)) chosen = Math.max(0, heads.findIndex((h) => 'chosen' in h.dataset));

  const pick = document.createElement('select');
  pick.setAttribute('aria-label', place.dataset.hint);
  heads.forEach((h, i) => pick.add(new Option(h.textContent, i, i === chosen, i === chosen)));
  const picks = document.createElement('div');
  picks.className = 'picks';
  picks.append(pick);
  const canvas = document.createElement('div');
  place.replaceChildren(picks, canvas);

  let plot;
  const show = () => {
    plot?.destroy();
    plot = new uPlot(options(heads[chosen], rows, chosen + 1, place.clientWidth), data(rows, chosen + 1), canvas);
  };
  pick.addEventListener('change', () => {
    chosen = Number(pick.value);
    const url = new URL(location.href);
    url.searchParams.set('chart', heads[chosen].dataset.id);
    history.replaceState(null, '', url);
    show();
  });
  show();
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    plot.setSize({ width, height });
  }).observe(place);
  document.addEventListener('swapped', (event) => {
    if (!event.target.querySelector('#series-table')) return;
    read();
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
}

const height = 230;

function data(rows, column) {
  const value = (row) => 'value' in row.cells[column].dataset ? Number(row.cells[column].dataset.value) : null;
  return [rows.map((row, i) => i), rows.map(value)];
}

function options(head, rows, column, width) {
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue(name).trim();
  const proportion = head.dataset.unit === 'proportion';
  const write = (v) => proportion ? (100 * v).toFixed(v < 0.1 ? 1 : 0) + ' %' : v.toLocaleString('en', { maximumFractionDigits: 2 });
  const label = (i) => rows[i]?.cells[0].textContent ?? '';
  const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
  const young = rows.findIndex((row) => 'young' in row.cells[column].dataset);
  return {
    width, height,
    scales: { x: { time: false, range: [-0.5, rows.length - 0.5] }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, space: 90, incrs: [1, 2, 7, 14, 28], values: (u, ticks) => ticks.map((t) => Number.isInteger(t) ? label(t) : '') },
      { ...axis, size: 64, values: (u, ticks) => ticks.map(write) },
    ],
    series: [
      { label: document.querySelector('#series-table thead th').textContent, value: (u, i) => i == null ? '' : label(Math.round(i)) },
      { label: head.textContent, stroke: color('--data'), width: 2, points: { show: rows.length < 60, size: 5, fill: color('--data') },
        value: (u, v, s, i) => i == null ? '' : rows[i].cells[column].textContent + '  ' + (rows[i].cells[column].title || '') },
    ],
    hooks: { drawClear: [(u) => young >= 0 && hatch(u, u.valToPos(young - 0.5, 'x', true), color('--line'))] },
  };
}

// hatch marks everything right of a place.
function hatch(u, from, stroke) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, bbox.top, bbox.left + bbox.width - from, bbox.height);
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = from - bbox.height; x < bbox.left + bbox.width; x += 8 * devicePixelRatio) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}
