// The pages of money: costs of a campaign, months, rates and entries.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse } from './house.mjs';
import { assertReachable } from './keyboard.mjs';

let house;

// The month before this one, as the server's clock has it.
const now = new Date();
const day = (n) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, n)).toISOString().slice(0, 10);
const month = day(1).slice(0, 7);
const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 0)).toISOString().slice(0, 10);
const costs = `/campaigns/june/costs?from=${day(1)}&to=${new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString().slice(0, 10)}`;

before(async () => {
  house = await openHouse();
  await house.addUser('root', 'admin');
  await house.addUser('fin', 'finance');
  await house.addUser('eve', 'viewer');
  await house.api('PUT', '/v1/campaigns/june', {
    name: 'June <img src=x onerror=alert(1)>', time_zone: 'UTC', currency: 'EUR', dial_mode: 'manual', conversion_window_days: 0,
    dispositions: [{ code: 'SALE', category: 'sale', stage: 'closed' }, { code: 'BACK', category: 'sale_cancelled' }, { code: 'NO', category: 'refusal' }],
  });
  await house.api('POST', '/v1/campaigns/june/leads', Array.from({ length: 100 }, (_, i) => ({ ref: `l-${i}`, generated_at: `${day(2)}T08:00:00Z` })));
  await house.api('POST', '/v1/campaigns/june/attempts', Array.from({ length: 200 }, (_, i) => {
    const started = `${day(3 + Math.floor(i / 20))}T09:${String(i % 60).padStart(2, '0')}:00Z`;
    return {
      ref: `c-${i}`, lead: `l-${i % 100}`, agent: 'a-1', started_at: started, answered_at: started, connected_at: started, result: 'answered', answered_by: 'human',
      ended_at: started.replace(':00Z', ':50Z'), disposition: i < 10 ? 'SALE' : 'NO', ...(i < 10 && { amount: '30.00' }),
    };
  }));
});
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

test('rates and entries are put by forms, without JavaScript, and make the cost of a call', async () => {
  const page = await house.as('fin', { javaScriptEnabled: false });
  await page.goto('/campaigns/june');
  await page.getByRole('link', { name: 'Costs', exact: true }).click();
  await page.getByRole('link', { name: 'Rates' }).click();
  await page.getByLabel('From, line 1').first().fill(day(1));
  await page.getByLabel('For a minute, line 1').fill('0.60');
  await page.getByLabel('First seconds billed, line 1').fill('60');
  await page.getByLabel('Then in steps of seconds, line 1').fill('-6');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Then in steps of seconds, line 1').fill('60');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.getByRole('link', { name: 'Enter a cost' }).click();
  await page.getByLabel('Ref', { exact: true }).fill('rent-1');
  await page.getByLabel('Category').selectOption('overhead');
  await page.getByLabel('Amount', { exact: true }).fill('80.00');
  await page.getByLabel('First day').fill(day(1));
  await page.getByLabel('Last day').fill(last);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText('Saved.').waitFor();
  await page.goto('/finance');
  await page.getByRole('link', { name: 'Exchange rates' }).click();
  for (const [label, value] of [['One', 'EUR'], ['Is worth in', 'USD'], ['From', '2020-01-01'], ['Rate', '-1']]) await page.getByLabel(`${label}, line 1`).fill(value);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Rate, line 1').fill('1.1');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await page.getByRole('link', { name: 'Shared costs' }).click();
  for (const [label, value] of [['Ref', 'rent-all'], ['Amount', '10.00'], ['Currency', 'USD'], ['First day', day(1)], ['Last day', last]]) await page.getByLabel(label, { exact: true }).fill(value);
  await page.keyboard.press('Enter');
  await page.getByText('10.00 USD to nobody').waitFor();
  await page.goto(costs);
  // 200 calls of a minute at 0.60, and 80.00: 200.00 over 200.
  assert.match(await page.locator('[data-key=cost_per_call]').textContent(), /1\.0000.EUR/);
  await page.getByRole('row', { name: /Rated by call: telephony 120\.00.EUR/ }).waitFor();
  await page.getByRole('row', { name: /^Operating cost 200\.00.EUR/ }).waitFor();
  await page.getByText('It stops paying at attempt 2').waitFor();
});

test('the page of costs moves when a cost comes', async () => {
  const page = await house.as('fin');
  await page.goto(costs);
  await page.locator('.status.live').waitFor();
  await house.api('POST', '/v1/costs', { ref: 'more', campaign: 'june', category: 'licence', amount: '20.00', currency: 'EUR', from: `${day(1)}T00:00:00Z`, to: `${day(2)}T00:00:00Z` });
  await page.waitForFunction(() => document.querySelector('[data-key=cost_per_call]').textContent.startsWith('1.1000'));
  await page.getByRole('row', { name: /Entered: licence 1 entry 20\.00.EUR/ }).waitFor();
});

test('a month is closed, restated and opened again: 10 %, then 8 %, which is 2 less', async () => {
  const page = await house.as('fin');
  await page.getByRole('link', { name: 'Finance' }).click();
  await page.getByRole('region', { name: /Months of June/ }).getByRole('link', { name: month }).click();
  await page.getByRole('heading', { name: 'Before it is closed' }).waitFor();
  await page.getByRole('link', { name: 'Close this month' }).click();
  await page.getByRole('button', { name: 'Close it' }).click();
  await page.getByText('is still what it was').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Open it again' }).count(), 0);
  await house.api('POST', '/v1/campaigns/june/outcomes', [{ attempt: 'c-3', disposition: 'BACK' }, { attempt: 'c-7', disposition: 'BACK' }]);
  await page.reload();
  const cells = await page.locator('#restated tr[data-id=conversion_rate] td').allInnerTexts();
  assert.deepEqual(cells.map((text) => text.replace(/\s+/g, ' ')), ['10.00 % 10 / 100', '8.00 % 8 / 100', '−2.00 points −2 / 0']);
  await page.getByText('Outcome: SALE → BACK').first().waitFor();
  const csv = await page.request.get(await page.getByRole('link', { name: 'Restatements, CSV' }).getAttribute('href'));
  assert.match(await csv.text(), /conversion_rate,proportion,false,0\.1,10,100,0\.08,8,100,-0\.02,-2,0/);
  const xlsx = await page.request.get(await page.getByRole('link', { name: 'Restatements, XLSX' }).getAttribute('href'));
  assert.equal(xlsx.status(), 200);
  assert.equal((await xlsx.body()).subarray(0, 2).toString(), 'PK');
  const root = await house.as('root');
  await root.goto(`/finance/june/${month}`);
  await root.getByRole('link', { name: 'Open it again' }).click();
  await root.getByRole('button', { name: 'Open it again' }).click();
  await root.getByText('opened again').waitFor();
});

test('others see no way there, and are told kindly', async () => {
  const page = await house.as('eve');
  await page.goto('/campaigns/june');
  assert.equal(await page.getByRole('link', { name: 'Costs', exact: true }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Finance' }).count(), 0);
  for (const path of [costs, '/finance', `/finance/june/${month}`, '/settings/campaigns/june/rates']) {
    assert.equal((await page.goto(path)).status(), 403);
    await page.getByText('ask an admin').waitFor();
  }
});

test('the pages are accessible, and used by keyboard alone', async () => {
  const page = await house.as('root');
  await house.api('POST', `/v1/periods/${month}/close?campaign=spring`);
  const all = [costs, `${costs}&grain=month`, '/campaigns/spring/costs', '/finance', `/finance/june/${month}`, `/finance/spring/${month}`, `/finance/june/${month}/close`, `/finance/spring/${month}/reopen`,
    '/settings/campaigns/june/rates', '/settings/campaigns/june/entry', '/finance/shared', '/finance/exchange-rates'];
  await assertAccessible(page, all);
  await assertReachable(page, all);
});
