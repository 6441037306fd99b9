// What axe-core finds on a page, in either colour scheme, on a phone and on a desk.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const widths = [360, 1280];

// assertAccessible opens each path in turn and fails on serious and critical faults,
// and where a page is wider than its window.
export async function assertAccessible(page, paths) {
  for (const path of paths) {
    for (const width of widths) {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(path);
        const where = `${path} at ${width} px, ${colorScheme}`;
        await page.evaluate(source);
        const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
        const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        assert.deepEqual(bad.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html) })), [], where);
        assert.ok(found.passes.length > 5, `${where}: axe looked at nothing`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${where} is ${over} px wider than its window`);
      }
    }
  }
}
