import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse, signIn } from './house.mjs';

const board = '/campaigns/spring';
let house;
const pages = [];

// look opens a window with ana, a team lead, signed in; the test fails if a page of
// it complained.
async function look(options) {
  const page = await house.look(options);
  pages.push(page);
  await signIn(page, 'ana');
  await page.getByText('Signed in as ana').waitFor();
  return page;
}

before(async () => {
  house = await openHouse();
  await house.addUser('ana', 'team_lead');
});
after(() => house?.close());
afterEach(async () => {
  const complaints = pages.flatMap((page) => page.complaints);
  for (const page of pages.splice(0)) await page.context().close();
  assert.deepEqual(complaints, []);
});

const dial = (ref) => house.api('POST', '/v1/campaigns/spring/attempts',
  { ref, lead: ref, agent: 'a-18', started_at: new Date().toISOString(), result: 'no_answer' });

test('a number moves when a call comes in, and survives a restart', async () => {
  const page = await look();
  await page.goto(board);
  const dials = page.locator('[data-key=dials]');
  const before = Number(await dials.textContent());
  await page.locator('#status.live').waitFor();
  await dial('moves-1');
  await page.getByText(String(before + 1), { exact: true }).and(dials.locator('a')).waitFor();
  await house.restart();
  await page.locator('#status.lost').waitFor();
  await page.locator('#status.live').waitFor({ timeout: 30_000 });
  await dial('moves-2');
  await page.getByText(String(before + 2), { exact: true }).and(dials.locator('a')).waitFor();
});

test('a headline leads to as many facts as it says, and to what the API says', async () => {
  const page = await look();
  await page.goto(board);
  const said = Number(await page.locator('#calls_per_lead-numerator').textContent());
  const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const report = await house.api('GET', `/v1/campaigns/spring/kpis?from=${day(-8)}&to=${day(2)}&kpi=calls_per_lead`);
  assert.equal(said, report.kpis[0].numerator);
  await page.locator('#calls_per_lead-numerator').click();
  await page.locator('#count').waitFor();
  assert.equal(await page.locator('table.facts tbody tr').count(), said);
});

test('what is seen stands in the address, without JavaScript too', async () => {
  const page = await look();
  await page.goto(board);
  await page.getByRole('link', { name: 'a-17', exact: true }).click();
  await page.getByText('Agent: a-17').waitFor();
  const shared = await (await look({ javaScriptEnabled: false })).goto(page.url());
  assert.match(await shared.text(), /Agent: <bdi>a-17/);
});

test('the pages are accessible', async () => {
  const page = await look();
  await assertAccessible(page, ['/', board, `${board}?agent=a-17`, `${board}/by/agent`, `${board}/heat`, `${board}/calls?kpi=dials`]);
});
