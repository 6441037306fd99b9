// Turns the campaigns of a wallboard, and says how old its numbers are.
const old = 60; // seconds: the server speaks twice a minute though nothing changed

const wall = document.querySelector('.wall');

function turn() {
  const boards = () => [...wall.querySelectorAll('.board')];
  let at = Math.max(0, boards().findIndex((b) => !b.hidden));
  let paused = false;
  let timer;

  const show = () => boards().forEach((b, i) => { b.hidden = i !== at % boards().length; });
  const go = (by) => {
    const n = boards().length;
    if (!n) return;
    at = (at + by + n) % n;
    show();
    wait();
  };
  const wait = () => {
    clearTimeout(timer);
    if (!paused) timer = setTimeout(() => go(1), 1000 * wall.dataset.seconds);
  };
  // What the server sends anew shows the campaign that it was asked for.
  document.addEventListener('swapped', show);
  for (const [rel, by] of [['prev', -1], ['next', 1]]) {
    wall.querySelector(`[rel=${rel}]`)?.addEventListener('click', (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go(by);
    });
  }
  const pause = document.getElementById('pause');
  pause?.removeAttribute('hidden');
  pause?.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? pause.dataset.off : pause.dataset.on;
    wait();
  });
  const full = document.getElementById('full');
  if (document.fullscreenEnabled) full.hidden = false;
  full.addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  wait();
  age();
}

// age counts from when the last numbers came, by this machine's own clock: the
// server's may be another.
function age() {
  const status = document.getElementById('status');
  const shown = document.getElementById('age');
  let came = performance.now();
  new MutationObserver(() => { came = performance.now(); tell(); }).observe(status, { attributeFilter: ['data-at'] });
  const tell = () => {
    const s = Math.floor((performance.now() - came) / 1000);
    shown.textContent = shown.dataset.text.replace('{s}', s);
    shown.classList.toggle('old', s > old);
  };
  tell();
  setInterval(tell, 1000);
}

turn();
