// The pages of compliance, the wallboard, the glossary and the settings.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { openHouse, signIn } from './house.mjs';
import { assertReachable } from './keyboard.mjs';
import { hostile } from './odd.mjs';

let house;

const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

// drop posts people who answered and left with nobody on the line.
const drop = (campaign, ref, minutes = 20) => house.api('POST', `/v1/campaigns/${campaign}/attempts`, [
  { ref, lead: ref, started_at: at(minutes), result: 'answered', answered_by: 'human', ended_at: at(minutes - 1), ended_by: 'customer' },
]);

before(async () => {
  house = await openHouse();
  await house.addUser('root', 'admin');
  await house.api('PUT', '/v1/campaigns/nepal', {
    name: 'نيبال <img src=x onerror=alert(1)>', time_zone: 'Asia/Kathmandu', currency: 'NPR', dial_mode: 'predictive', compliance: 'none',
    dispositions: [{ code: '"quoted" <b>', category: 'sale', stage: 'closed' }],
  });
  await house.api('POST', '/v1/campaigns/spring/attempts', Array.from({ length: 300 }, (_, i) => ({
    ref: `d-${i}`, lead: `l-${i}`, agent: 'a-17', started_at: at(60 * 30 + i), answered_at: at(60 * 30 + i), result: 'answered', answered_by: 'human',
    ...(i < 6 ? { ended_by: 'customer' } : { connected_at: at(60 * 30 + i), ended_by: 'agent', disposition: 'NI' }), ended_at: at(60 * 30 + i - 1),
  })));
  await house.api('PUT', '/v1/sources/vici', {
    kind: 'vicidial', time_zone: 'America/New_York', auth: { type: 'query_token', secret: 'a long random text' },
    campaigns: { SPRING: 'spring' }, statuses: { HOTLD: { category: 'interested' } },
  });
});
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

test('compliance: headroom is what the API says, moves, and leads to the very call', async () => {
  const page = await house.as('root');
  await page.goto('/');
  await page.getByRole('link', { name: /more may be dropped/ }).first().click();
  await page.getByRole('heading', { name: 'Abandoned calls against the limit' }).waitFor();
  const { blocks } = await house.api('GET', '/v1/campaigns/spring/compliance');
  const { headroom } = blocks.at(-1);
  await page.getByText(`You may drop ${headroom} more.`).first().waitFor();
  await page.locator('.status.live').waitFor();
  await drop('spring', 'dropped-now');
  await page.getByText(`You may drop ${headroom - 1} more.`).first().waitFor();
  await page.getByRole('link', { name: 'dropped-now' }).click();
  await page.getByText('A person answered.').waitFor();
  await page.getByText('No agent joined.').waitFor();
});

test('wallboard: turns, stays where it was through news, and says that it lost the server', async () => {
  const page = await house.as('root');
  await page.goto('/wallboard?campaign=spring&campaign=nepal&seconds=3600');
  const spring = page.locator('.board[data-ref=spring]');
  const nepal = page.locator('.board[data-ref=nepal]');
  await spring.waitFor();
  await page.locator('.status.live').waitFor();
  assert.equal(await nepal.isVisible(), false);
  await page.getByRole('link', { name: 'Next' }).click();
  await nepal.waitFor();
  const dials = nepal.locator('[data-key=dials]');
  assert.equal(await dials.textContent(), '0');
  await drop('nepal', 'n-1', 1);
  await page.waitForFunction(() => document.querySelector('.board[data-ref=nepal] [data-key=dials]').textContent === '1');
  assert.equal(await nepal.isVisible(), true);
  assert.equal(await spring.isVisible(), false);
  await page.getByText(/Numbers \d+ s old/).waitFor();
  // A figure is as high as a tenth of the screen, and the six fit on it.
  const size = await dials.evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
  assert.ok(size >= 90, `a figure is ${size} px high`);
  assert.equal(await nepal.locator('.tile').count(), 6);
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight + 1), 'the wallboard is higher than the screen');
  await page.context().setOffline(true);
  const lost = page.locator('.status.lost');
  const restarted = house.restart();
  await lost.waitFor();
  const big = await lost.evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
  assert.ok(big >= 30, `the loss is said ${big} px high`);
  await restarted;
  await page.context().setOffline(false);
  await page.locator('.status.live').waitFor({ timeout: 40_000 });
});

test('wallboard: turns by itself, and not while it is paused', async () => {
  const page = await house.look();
  await page.clock.install();
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
  await page.goto('/wallboard?campaign=spring&campaign=nepal&seconds=20');
  await page.locator('.board[data-ref=spring]').waitFor();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.clock.runFor(21_000);
  await page.locator('.board[data-ref=nepal]').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.clock.runFor(50_000);
  assert.equal(await page.locator('.board[data-ref=nepal]').isVisible(), true);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.clock.runFor(21_000);
  await page.locator('.board[data-ref=spring]').waitFor();
});

test('without JavaScript all is there', async () => {
  const page = await house.as('root', { javaScriptEnabled: false });
  await page.goto('/wallboard?campaign=spring&campaign=nepal');
  await page.locator('.board[data-ref=spring]').waitFor();
  await page.getByRole('link', { name: 'Next' }).click();
  await page.locator('.board[data-ref=nepal]').waitFor();
  assert.equal(await page.locator('.board[data-ref=spring]').isVisible(), false);
  await page.goto('/campaigns/spring/compliance');
  await page.getByText(/You may drop \d+ more\./).first().waitFor();
  await page.goto('/settings/campaigns/nepal/dispositions');
  assert.equal(await page.getByLabel('Code, line 1').inputValue(), '"quoted" <b>');
  await page.getByLabel('Code, line 2').fill('LATER');
  await page.getByLabel('Category, line 2').selectOption('callback');
  await page.getByRole('button', { name: 'More lines' }).click();
  assert.equal(await page.getByLabel('Code, line 2').inputValue(), 'LATER');
  await page.getByLabel('Code, line 9').fill('LATER');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByText('The code "LATER" stands twice').waitFor();
  await page.getByLabel('Remove line 9').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  const { dispositions } = await house.api('GET', '/v1/campaigns/nepal');
  assert.deepEqual(dispositions.map(({ code, category }) => [code, category]), [['"quoted" <b>', 'sale'], ['LATER', 'callback']]);
});

test('the glossary holds every figure of the catalogue', async () => {
  const page = await house.as('root');
  await page.getByRole('link', { name: 'Glossary' }).click();
  await page.getByRole('heading', { name: 'What the figures mean' }).waitFor();
  const { kpis } = await house.api('GET', '/v1/kpis');
  assert.deepEqual(await page.locator('.entry h3 code').allTextContents().then((all) => all.sort()), kpis.map(({ id }) => id).sort());
  await page.goto('/campaigns/spring');
  await page.getByRole('link', { name: 'leads won / leads generated' }).click();
  assert.equal(new URL(page.url()).hash, '#conversion_rate');
});

test('a keyboard is enough to set up a campaign', async () => {
  const page = await house.as('root');
  const focused = () => page.evaluate(() => {
    const here = document.activeElement;
    return here.labels?.[0]?.textContent.trim() || here.getAttribute('aria-label') || here.textContent.trim();
  });
  const tabTo = async (name) => {
    for (let steps = 0; steps < 90; steps++) {
      if (await focused() === name) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`no Tab leads to ${name}`);
  };
  const open = async (name, heading) => {
    await tabTo(name);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
  };
  await open('Settings', 'Settings');
  await open('Campaigns', 'Campaigns');
  await open('New campaign', 'New campaign');
  for (const [field, text] of [['Ref', 'autumn'], ['Name', 'Autumn'], ['Time zone', 'Nowhere/At_all'], ['Currency', 'EUR']]) {
    await tabTo(field);
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Time zone').inputValue(), 'Nowhere/At_all');
  assert.equal(await page.getByLabel('Time zone').getAttribute('aria-invalid'), 'true');
  await tabTo('Time zone');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('Europe/Lisbon');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await tabTo('Code, line 1');
  await page.keyboard.type('SALE');
  await tabTo('Category, line 1');
  await page.keyboard.type('sale');
  await tabTo('Save');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  const made = await house.api('GET', '/v1/campaigns/autumn');
  assert.deepEqual([made.name, made.time_zone, made.dispositions], ['Autumn', 'Europe/Lisbon', [{ code: 'SALE', category: 'sale' }]]);
});

test('a dialer is changed without its secret, and its doctor is read', async () => {
  const page = await house.as('root');
  await page.goto('/settings/sources');
  await page.getByRole('link', { name: 'vici', exact: true }).click();
  await page.getByLabel('Time zone').fill('Europe/Lisbon');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await house.api('GET', '/v1/sources/vici')).time_zone, 'Europe/Lisbon');
  assert.equal((await fetch(`${house.url}/hooks/vici/dispo?token=a+long+random+text&dispo=NI`)).status, 200);
  await page.getByRole('link', { name: 'Doctor' }).click();
  await page.getByRole('heading', { name: 'Findings' }).waitFor();
  await page.getByText('parked: 1').waitFor();
});

test('the pages of queues and service are accessible, and used by keyboard alone', async () => {
  const page = await house.as('root');
  await house.api('PUT', '/v1/queues/support', { name: 'Support', time_zone: 'Europe/Lisbon', campaigns: ['spring'] });
  await house.api('POST', '/v1/queues/support/calls', [
    { ref: 'in-1', offered_at: at(60), answered_at: at(59), ended_at: at(50), agent: 'a-17', channel: 'phone', topic: hostile.text }, { ref: 'in-2', offered_at: at(40), ended_at: at(39), channel: 'phone' },
  ]);
  const all = ['/queues', '/queues/support', '/queues/support/by/agent', '/queues/support/calls?kpi=offered', '/campaigns/spring/floor', '/service', '/service/by/channel'];
  await assertAccessible(page, all);
  await assertReachable(page, all);
});

test('the pages are accessible, and used by keyboard alone', async () => {
  const page = await house.as('root');
  const { users } = await house.api('GET', '/v1/users');
  await house.api('PUT', '/v1/campaigns/many', {
    name: 'Many '.repeat(20), time_zone: 'UTC', currency: 'EUR', dial_mode: 'manual',
    dispositions: Array.from({ length: 60 }, (_, i) => ({ code: `CODE-${i}`, label: 'كود', category: 'refusal' })),
  });
  const all = ['/campaigns/spring/compliance', '/campaigns/nepal/compliance', '/campaigns/many/compliance', '/campaigns/spring/calls/d-1',
    '/wallboard?campaign=spring&campaign=nepal&campaign=many', '/glossary', '/settings', '/settings/campaigns', '/settings/new/campaign', '/settings/campaigns/nepal',
    '/settings/campaigns/many/dispositions', '/settings/sources', '/settings/new/source', '/settings/sources/vici', '/settings/sources/vici/doctor',
    `/settings/users/${users[0].id}`, '/docs', '/docs/sources/vici', '/nowhere'];
  await assertAccessible(page, all);
  await assertReachable(page, all.filter((path) => path !== '/docs')); // hundreds of plain links
});
