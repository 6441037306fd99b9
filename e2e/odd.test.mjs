// Odd campaigns and hostile texts.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse } from './house.mjs';
import { hostile, seedOdd } from './odd.mjs';

let house;

before(async () => {
  house = await openHouse();
  await house.addUser('root', 'admin');
  await seedOdd(house);
});
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

const nepal = '/campaigns/nepal';

test('texts from outside stay texts on every page that shows them', async () => {
  const page = await house.as('root');
  const pages = ['/', nepal, `${nepal}?range=last_7_days`, `${nepal}/by/agent`, `${nepal}/by/disposition`, `${nepal}/by/source`, `${nepal}/lists`, `${nepal}/calls?kpi=dials&range=last_7_days`, `${nepal}/calls?kpi=leads&range=last_7_days`,
    `${nepal}?range=last_28_days&agent=${encodeURIComponent(hostile.text)}`, `${nepal}/calls/${encodeURIComponent(hostile.ref)}`, `${nepal}/calls/n-1`, `${nepal}/compliance`, `${nepal}/costs`,
    '/wallboard?campaign=nepal', '/finance', '/settings/campaigns', '/settings/campaigns/nepal', '/settings/campaigns/nepal/dispositions', '/settings/users'];
  for (const path of pages) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), 200, path);
    assert.match(answer.headers()['content-security-policy'], /script-src 'self'/, path);
    const found = await page.evaluate(() => [window.owned, document.querySelectorAll('[onerror], [onload], img, main script').length]);
    assert.deepEqual(found, [undefined, 0], `${path}: a text has become a part of the page`);
  }
  await page.goto(`${nepal}?range=last_7_days`);
  assert.equal(await page.locator('h1').textContent(), hostile.name);
  await page.getByRole('link', { name: hostile.text }).first().waitFor();
  // What comes by the stream is put into the page by a script, and stays text as well.
  await page.locator('#status.live').waitFor();
  await house.api('POST', '/v1/campaigns/nepal/attempts', [{ ref: 'now', lead: 'now', agent: `${hostile.text} again`, started_at: new Date().toISOString(), result: 'no_answer' }]);
  await page.getByRole('link', { name: `${hostile.text} again` }).first().waitFor();
  assert.equal(await page.evaluate(() => window.owned), undefined);
});

test('what slips is blocked by the policy', async () => {
  const page = await house.as('root');
  for (const path of ['/', nepal, '/settings/campaigns/nepal', '/wallboard?campaign=nepal', '/docs']) {
    await page.goto(path);
    // As if a text had not been escaped: each of these would run without a policy.
    await page.evaluate(() => {
      window.blocked = new Set();
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, disposition }) => { if (disposition === 'enforce') window.blocked.add(effectiveDirective); });
      const slip = document.createElement('div');
      slip.innerHTML = '<img src=x onerror="window.owned = 1"><a id="slip" href="javascript:window.owned = 2">go</a><p style="color: red">red</p><iframe srcdoc="<script>parent.owned = 3<\/script>"></iframe>';
      const inline = document.createElement('script');
      inline.textContent = 'window.owned = 4';
      const far = document.createElement('script');
      far.src = 'https://evil.example/owned.js';
      const form = document.createElement('form');
      form.action = 'https://evil.example/';
      slip.append(inline, far, form);
      document.body.append(slip);
      document.getElementById('slip').click();
    });
    await page.waitForFunction(() => ['script-src-attr', 'script-src-elem', 'style-src-attr'].every((directive) => window.blocked.has(directive)));
    assert.equal(await page.evaluate(() => window.owned), undefined, `${path}: something ran`);
  }
  // The browser says so, too, and nothing else.
  const said = await house.leave();
  assert.ok(said.length > 0 && said.every((text) => /Content Security Policy|violates the following/.test(text)), said.join('\n'));
});

test('a campaign and a call whose refs are dots are led to', async () => {
  const page = await house.as('root');
  await page.getByRole('link', { name: 'Dots', exact: true }).click();
  await page.getByRole('heading', { name: 'Dots' }).waitFor();
  await page.locator('#status.live').waitFor();
  await page.locator('#dials-numerator').click();
  await page.getByRole('link', { name: '.', exact: true }).click();
  await page.getByRole('heading', { name: 'Call .' }).waitFor();
});

test('odd campaigns are accessible, and fit', async () => {
  const page = await house.as('root');
  await assertAccessible(page, ['/', '/campaigns/empty', '/campaigns/one', '/campaigns/zero', '/campaigns/floor', '/campaigns/floor?range=last_28_days&agent=agent-0&disposition=CODE-0', '/campaigns/nepal?range=last_7_days',
    '/campaigns/nepal/calls?kpi=dials&range=last_7_days', '/campaigns/nepal/compliance', '/wallboard?campaign=nepal&campaign=empty', '/finance']);
});
