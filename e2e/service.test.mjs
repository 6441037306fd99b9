import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse } from './house.mjs';
import { assertReachable } from './keyboard.mjs';
import { measureLoads } from './load.mjs';

const queue = '/queues/support';
const everyPage = ['/queues', queue, `${queue}?range=today&grain=half_hour`, `${queue}?agent=a-17`, `${queue}/by/agent`, `${queue}/by/topic`, `${queue}/calls?kpi=offered`,
  '/service', '/service/by/channel', '/service/calls?kpi=csat&part=denominator', '/campaigns/spring/floor', '/queues/empty', '/queues/one'];
const ago = (seconds) => new Date(Date.now() - 1000 * seconds).toISOString();
const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
let house;

before(async () => {
  house = await openHouse();
  await house.addUser('ana', 'team_lead');
  await house.api('PUT', '/v1/queues/support', { name: 'خدمة العملاء', time_zone: 'Asia/Kathmandu', campaigns: ['spring'] });
  await house.api('PUT', '/v1/queues/empty', { name: 'Empty', time_zone: 'UTC' });
  await house.api('PUT', '/v1/queues/one', { name: 'One call', time_zone: 'Europe/Lisbon' });
  await house.api('POST', '/v1/queues/one/calls', { ref: 'only', offered_at: ago(7200), abandoned_at: ago(7190) });
  const answered = (i) => ({ ref: `in-${i}`, offered_at: ago(1200 * i), answered_at: ago(1200 * i - i), ended_at: ago(1200 * i - 100), wrap_s: 20, agent: `a-${17 + (i % 3)}`, channel: i % 2 ? 'phone' : 'chat', topic: i % 4 ? 'bill' : 'تغيير العنوان', customer: `c-${i}`, resolved: true });
  const dropped = (i) => ({ ref: `out-${i}`, offered_at: ago(1500 * i), abandoned_at: ago(1500 * i - 4 * i), channel: 'phone', topic: 'bill' });
  await house.api('POST', '/v1/queues/support/calls', [...Array(40).keys()].map((i) => answered(i + 1)));
  await house.api('POST', '/v1/queues/support/calls', [...Array(10).keys()].map((i) => dropped(i + 1)));
  await house.api('POST', '/v1/agent-states', [{ agent: 'a-17', state: 'available', from: ago(600) }, { agent: 'a-18', state: 'away', from: ago(300) }]);
  await house.api('POST', '/v1/cases', [{ ref: 'k-1', channel: 'mail', opened_at: ago(4000), first_reply_at: ago(2000) }, { ref: 'k-2', channel: 'واتساب', opened_at: ago(300_000) }]);
  await house.api('POST', '/v1/surveys', [{ ref: 's-1', kind: 'csat', score: 5, at: ago(500) }, { ref: 's-2', kind: 'csat', score: 2, at: ago(400) }, { ref: 's-3', kind: 'csat', at: ago(300) }]);
});
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

const waits = (ref) => house.api('POST', '/v1/queues/support/calls', { ref, offered_at: ago(90), channel: 'phone' });

test('a call that comes moves the queue as it is now, and its end moves it back', async () => {
  const page = await house.as('ana');
  for (const [path, where] of [[queue, '[data-live=now] [data-key=calls_waiting]'], ['/campaigns/spring/floor', '[data-live=inbound] [data-key=calls_waiting]'], ['/queues', '[data-live=queues] tr:has(#queue-support) td:nth-of-type(2)']]) {
    await page.goto(path);
    await page.locator('#status.live').waitFor();
    const waiting = page.locator(where);
    assert.equal(await waiting.textContent(), '0', path);
    const ref = `w-${path.length}`;
    await waits(ref);
    await waiting.filter({ hasText: /^1$/ }).waitFor();
    await page.getByText(/longer than (the )?20/).first().waitFor();
    await house.api('POST', '/v1/queues/support/calls', { ref, offered_at: ago(90), abandoned_at: ago(1) });
    await waiting.filter({ hasText: /^0$/ }).waitFor();
  }
});

test('what an agent does now moves beside the queue', async () => {
  const page = await house.as('ana');
  await page.goto(queue);
  await page.locator('#status.live').waitFor();
  const wrap = page.locator('[data-key=state-wrap]');
  assert.equal(await wrap.textContent(), '0');
  await house.api('POST', '/v1/agent-states', { agent: 'a-19', state: 'wrap', from: ago(2) });
  await wrap.filter({ hasText: /^1$/ }).waitFor();
});

test('a headline leads to as many calls as it says, and to what the API says', async () => {
  const page = await house.as('ana');
  for (const [id, part] of [['service_level', 'denominator'], ['inbound_abandonment_rate', 'numerator'], ['first_contact_resolution', 'denominator']]) {
    await page.goto(queue);
    const link = page.locator(`#${id}-${part}`);
    const said = Number(await link.textContent());
    const report = await house.api('GET', `/v1/queues/support/kpis?from=${day(-8)}&to=${day(2)}&kpi=${id}`);
    assert.equal(said, report.kpis[0][part], id);
    await link.click();
    await page.locator('#count').waitFor();
    assert.equal(await page.locator('table.facts tbody tr').count(), said, id);
    const csv = await page.request.get(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'));
    assert.equal((await csv.text()).trim().split('\r\n').length, said + 1, id);
  }
});

test('every table is there as CSV', async () => {
  const page = await house.as('ana');
  for (const path of [queue, '/service', '/queues', '/campaigns/spring/floor']) {
    await page.goto(path);
    const links = await page.getByRole('link', { name: 'CSV' }).evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    assert.ok(links.length >= 1, path);
    for (const href of links) {
      const answer = await page.request.get(href);
      assert.equal(answer.status(), 200, href);
      assert.match(answer.headers()['content-type'], /^text\/csv/, href);
      assert.ok((await answer.text()).trim().split('\r\n').length > 1, `${href} is empty`);
    }
  }
  assert.match(await (await page.request.get(`${queue}/patience.csv`)).text(), /^queue,from,to,time_zone,over_s,up_to_s,answered,abandoned,waiting_before\r\n/);
});

test('the service level is told by another threshold and method, without JavaScript too', async () => {
  const page = await house.as('ana', { javaScriptEnabled: false });
  await page.goto(queue);
  await page.getByLabel('Within, in seconds').fill('30');
  await page.getByRole('combobox', { name: 'Who gave up' }).selectOption('abandons_bad');
  await page.locator('section:has(#level) form').getByRole('button', { name: 'Show' }).click();
  await page.getByText('Answered within 30 s, of all calls offered.').first().waitFor();
  const report = await house.api('GET', `/v1/queues/support/kpis?from=${day(-8)}&to=${day(2)}&kpi=service_level&service_level_s=30&service_level_method=abandons_bad`);
  assert.equal(Number(await page.locator('#service_level-numerator').textContent()), report.kpis[0].numerator);
  assert.match(page.url(), /service_level_method=abandons_bad/);
});

test('the first load of the pages is small and nothing moves', async () => {
  const page = await house.as('ana');
  const load = await measureLoads(page);
  for (const [width, height] of [[360, 740], [1280, 900]]) {
    await page.setViewportSize({ width, height });
    for (const path of [queue, '/queues', '/service', '/campaigns/spring/floor']) {
      await load(path, width, async () => { if (path === queue || path === '/service') await page.locator('.uplot').waitFor(); });
      assert.deepEqual(await page.evaluate(() => window.shifted), [], `something moved on ${path} at ${width} px`);
    }
  }
});

test('every page is used by keyboard alone', async () => {
  const page = await house.as('ana');
  await assertReachable(page, everyPage);
});

test('the pages are accessible', async () => {
  const page = await house.as('ana');
  await assertAccessible(page, everyPage);
});
