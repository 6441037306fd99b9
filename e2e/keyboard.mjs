// What can be clicked or filled in on a page is come by with the Tab key alone, and each
// of it shows that it has the focus.
import assert from 'node:assert/strict';

export async function assertReachable(page, paths) {
  for (const path of paths) {
    await page.goto(path);
    const all = await page.evaluate(() => {
      window.seen = new Set();
      const things = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')];
      return things.filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true })).length;
    });
    for (let i = 0; i < 3 * all + 20; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        if (e === document.body) return { end: true }; // once around; from a field that has the focus at first, in the middle
        window.seen.add(e);
        const { outlineStyle, outlineWidth } = getComputedStyle(e);
        return { hidden: outlineStyle === 'none' || outlineWidth === '0px', html: e.outerHTML.slice(0, 120) };
      });
      if (at.end && await page.evaluate(() => window.seen.size) >= all) break;
      assert.ok(!at.hidden, `${path}: the focus does not show on ${at.html}`);
    }
    const reached = await page.evaluate(() => window.seen.size);
    assert.ok(all > 0 && reached >= all, `${path}: Tab reaches ${reached} of ${all}`);
  }
}
