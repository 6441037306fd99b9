// What can be done on a page can be done by keyboard.
import assert from 'node:assert/strict';

// assertReachable opens a path and goes through it by Tab: it comes by all that can be
// clicked or filled in, and each shows that it has the focus.
export async function assertReachable(page, path) {
  await page.goto(path);
  const all = await page.evaluate(() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, [tabindex="0"]')].filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true })).length);
  await page.evaluate(() => { window.seen = new Set(); });
  for (let i = 0; i < 3 * all + 20; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return { end: true };
      window.seen.add(e);
      const { outlineStyle, outlineWidth } = getComputedStyle(e);
      return { hidden: outlineStyle === 'none' || outlineWidth === '0px', html: e.outerHTML.slice(0, 120) };
    });
    if (at.end) break;
    assert.ok(!at.hidden, `${path}: the focus does not show on ${at.html}`);
  }
  const reached = await page.evaluate(() => window.seen.size);
  assert.ok(reached >= all, `${path}: Tab reaches ${reached} of ${all}`);
}
