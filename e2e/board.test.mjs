import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse, password } from './house.mjs';
import { assertReachable } from './keyboard.mjs';

const board = '/campaigns/spring';
const everyPage = ['/', board, `${board}?agent=a-17`, `${board}/by/agent`, `${board}/by/day`, `${board}/lists`, `${board}/funnel`, `${board}/heat`, `${board}/calls?kpi=dials`];
let house;

before(async () => {
  house = await openHouse();
  await house.addUser('ana', 'team_lead');
});
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

const dial = (ref) => house.api('POST', '/v1/campaigns/spring/attempts',
  { ref, lead: ref, agent: 'a-18', started_at: new Date().toISOString(), result: 'no_answer' });

test('a number moves when a call comes in, and survives a restart', async () => {
  const page = await house.as('ana');
  await page.goto(board);
  const dials = page.locator('[data-key=dials]');
  const before = Number(await dials.textContent());
  await page.locator('#status.live').waitFor();
  await dial('moves-1');
  await page.getByText(String(before + 1), { exact: true }).and(dials.locator('a')).waitFor();
  await house.restart();
  await page.locator('#status.lost').filter({ hasText: /^Connection lost, numbers of \d\d:\d\d:\d\d/ }).waitFor();
  await dial('moves-2'); // whatever came meanwhile is caught up with
  await page.locator('#status.live').waitFor({ timeout: 30_000 });
  await page.getByText(String(before + 2), { exact: true }).and(dials.locator('a')).waitFor();
});

test('what has the focus keeps it while numbers move, and nobody is told of each', async () => {
  const page = await house.as('ana');
  await page.goto(board);
  await page.locator('#status.live').waitFor();
  const agents = page.locator('[data-live=agents]');
  for (const [what, name] of [[agents.getByRole('link', { name: 'a-17', exact: true }), 'focus-1'], [agents.getByRole('link', { name: 'Dials' }), 'focus-2'], [agents.getByRole('region'), 'focus-3']]) {
    await what.focus();
    const row = agents.getByRole('row').filter({ hasText: 'a-18' });
    const before = await row.count() && await row.locator('td').first().innerText();
    await dial(name);
    await page.waitForFunction((was) => {
      const now = [...document.querySelectorAll('[data-live=agents] tbody tr')].find((tr) => tr.textContent.includes('a-18'));
      return now && now.cells[1].innerText !== was;
    }, before);
    assert.ok(await what.evaluate((e) => e === document.activeElement), `${name}: the focus went astray`);
  }
  assert.equal(await page.locator('#status').getAttribute('aria-live'), 'off');
});

test('a page whose reader signed out elsewhere shows nothing more', async () => {
  const page = await house.as('ana');
  await page.goto(board);
  await page.locator('#status.live').waitFor();
  const other = await page.context().newPage();
  await other.goto('/glossary');
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('button', { name: 'Sign in' }).waitFor();
  await other.goBack();
  await other.getByRole('button', { name: 'Sign in' }).waitFor();
  await other.close();
  await page.bringToFront();
  await house.restart(); // ends the stream now, and not when the session is looked at again
  await page.getByRole('button', { name: 'Sign in' }).waitFor({ timeout: 30_000 });
  await page.getByLabel('Name').fill('ana');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#status.live').waitFor();
  assert.equal(new URL(page.url()).pathname, board);
});

test('a headline leads to as many facts as it says, and to what the API says', async () => {
  const page = await house.as('ana');
  await page.goto(board);
  const said = Number(await page.locator('#calls_per_lead-numerator').textContent());
  const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const report = await house.api('GET', `/v1/campaigns/spring/kpis?from=${day(-8)}&to=${day(2)}&kpi=calls_per_lead`);
  assert.equal(said, report.kpis[0].numerator);
  await page.locator('#calls_per_lead-numerator').click();
  await page.locator('#count').waitFor();
  assert.equal(await page.locator('table.facts tbody tr').count(), said);
});

test('the five headline numbers are what the API says, and lead to their facts', async () => {
  const at = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
  await house.api('POST', '/v1/costs', [{ ref: 'rent', campaign: 'spring', category: 'overhead', amount: '100.00', currency: 'EUR', from: at(-3), to: at(-2) }]);
  const page = await house.as('ana');
  const day = (offset) => at(offset).slice(0, 10);
  await page.goto(`${board}?range=custom&from=${day(-10)}&to=${day(2)}`);
  const ids = ['conversion_rate', 'calls_per_lead', 'first_call_close_rate', 'outbound_abandonment_rate', 'cost_per_call'];
  const { kpis } = await house.api('GET', `/v1/campaigns/spring/kpis?from=${day(-10)}&to=${day(2)}&kpi=${ids}`);
  for (const id of ids) {
    const said = kpis.find((kpi) => kpi.id === id);
    const card = page.locator('.card', { has: page.locator(`[data-key=${id}]`) });
    assert.equal((await card.locator('.parts').innerText()).replace(/ still moves$/, ''), `${said.numerator} / ${said.denominator}`, id);
    const big = Number((await card.locator('.big').innerText()).replace(/[^0-9.]/g, ''));
    const value = Number(said.value) * (said.unit === 'proportion' ? 100 : 1);
    assert.ok(Math.abs(big - value) <= 0.005, `${id}: ${big} on the screen, ${value} says the API`);
    const behind = await page.request.get(await page.locator(`#${id}-denominator`).getAttribute('href'));
    assert.equal((await behind.text()).match(/<tr>/g)?.length ?? 1, Number(said.denominator) + 1, `${id}: the facts behind its denominator`);
  }
});

test('what is seen stands in the address, without JavaScript too', async () => {
  const page = await house.as('ana');
  await page.goto(board);
  await page.getByRole('link', { name: 'a-17', exact: true }).click();
  await page.getByText('Agent: a-17').waitFor();
  const shared = await (await house.as('ana', { javaScriptEnabled: false })).goto(page.url());
  assert.match(await shared.text(), /Agent: <bdi>a-17/);
  const still = await house.as('ana', { javaScriptEnabled: false });
  await still.goto(board);
  for (const name of ['What became of the leads of these days', 'Agents', 'Outcomes', 'All leads so far']) await still.getByRole('table', { name }).first().waitFor();
  await still.getByText('As a table').last().click();
  await still.locator('#series-table').waitFor();
  await still.locator('select[name=range]').selectOption('last_28_days');
  await still.getByRole('button', { name: 'Show' }).click();
  await still.waitForURL(/range=last_28_days/);
  await still.locator('section', { has: still.locator('#heat') }).getByRole('link').click();
  await still.getByRole('table', { name: 'Live answer rate' }).waitFor();
});

test('facts and tables follow the filters, and say what the API says', async () => {
  const page = await house.as('ana');
  await page.goto(`${board}?range=last_28_days&agent=a-17`);
  const said = Number(await page.locator('#calls_per_lead-numerator').textContent());
  const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const behind = await house.api('GET', `/v1/campaigns/spring/kpis/dials/facts?from=${day(-40)}&to=${day(2)}&agent=a-17`);
  assert.equal(said, behind.facts.length);
  await page.locator('#calls_per_lead-numerator').click();
  await page.getByText('Agent: a-17').waitFor();
  assert.equal(await page.locator('table.facts tbody tr').count(), said);
  const csv = await page.request.get(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'));
  assert.equal((await csv.text()).trim().split('\r\n').length, said + 1);
});

test('the first load of a board is small and nothing moves', async () => {
  const page = await house.as('ana');
  await page.addInitScript(() => {
    window.shifted = [];
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted.push(...entry.sources.map(({ node, previousRect, currentRect }) => [node?.outerHTML?.slice(0, 80) ?? node?.textContent, previousRect.y, currentRect.y, previousRect.height, currentRect.height].join(' '))); }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const [width, height] of [[360, 740], [1280, 900]]) {
    await page.setViewportSize({ width, height });
    const client = await page.context().newCDPSession(page);
    await client.send('Network.enable');
    await client.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0, requests = 0;
    client.on('Network.requestWillBeSent', () => { requests++; });
    client.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.goto(board);
    await page.locator('#status.live').waitFor();
    await page.locator('.uplot').waitFor();
    console.log(`first load at ${width} px: ${requests} requests, ${bytes} bytes`);
    assert.ok(requests <= 12, `${requests} requests`);
    assert.ok(bytes > 10_000 && bytes <= 200_000, `${bytes} bytes`);
    await page.getByRole('heading', { name: 'Lists, as a whole' }).scrollIntoViewIfNeeded();
    await page.locator('.heats').waitFor();
    assert.deepEqual(await page.evaluate(() => window.shifted), [], `something moved at ${width} px`);
    await client.detach();
  }
});

test('every page is used by keyboard alone', async () => {
  const page = await house.as('ana');
  await assertReachable(page, everyPage);
  // Choose days, follow a number, and come back.
  await page.goto(board);
  await page.locator('select[name=range]').focus();
  await page.keyboard.type('Last 28');
  await page.getByRole('button', { name: 'Show' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/range=last_28_days/);
  await page.locator('#calls_per_lead-numerator').focus();
  await page.keyboard.press('Enter');
  await page.locator('#count').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // the skip link is the first thing there is
  await page.waitForURL(/#main/);
});

test('the pages are accessible', async () => {
  const page = await house.as('ana');
  await assertAccessible(page, everyPage);
});
