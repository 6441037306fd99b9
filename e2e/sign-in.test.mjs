import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { lanHost, openHouse, password, signIn } from './house.mjs';
import { assertReachable } from './keyboard.mjs';

let house;

before(async () => { house = await openHouse(); });
after(() => house?.close());
afterEach(async () => assert.deepEqual(await house.leave(), []));

test('the first admin sets up by the printed link, once', async () => {
  const page = await house.look();
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  await assertAccessible(page, [house.link, '/sign-in']);
  await assertReachable(page, [house.link, '/sign-in']);
  await page.goto(house.link);
  await page.getByLabel('Name').fill('Root');
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password, once more').fill(`${password}er`);
  await page.getByRole('button', { name: 'Save and sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'differ' }).waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Root');
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password, once more').fill(password);
  await page.getByRole('button', { name: 'Save and sign in' }).click();
  await page.getByText('Signed in as root').waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  const answer = await page.goto(house.link);
  assert.equal(answer.status(), 404);
  await page.getByRole('heading', { name: 'This link is over' }).waitFor();
  assert.ok(!house.said().includes(password), 'a password stands in the log');
});

test('one signs in, goes where one wanted, and signs out', async () => {
  const page = await house.look();
  await page.goto('/settings/keys');
  await page.getByLabel('Name').fill('root');
  await page.getByLabel('Password').fill('not my password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'is not right' }).waitFor();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
  const [cookie] = await page.context().cookies();
  assert.deepEqual({ httpOnly: cookie.httpOnly, sameSite: cookie.sameSite, path: cookie.path }, { httpOnly: true, sameSite: 'Lax', path: '/' });
  assert.equal(await page.evaluate(() => document.cookie), '');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  // The token is void, not only forgotten.
  await page.context().addCookies([cookie]);
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
});

test('a session outlives the server, and serves the API', async () => {
  const page = await house.look();
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
  await house.restart();
  await page.goto('/settings/users');
  await page.getByRole('heading', { name: 'Users', exact: true }).waitFor();
  const me = await page.evaluate(async () => (await fetch('/v1/me')).json());
  assert.equal(me.label, 'root');
});

test('without JavaScript it is the same', async () => {
  const page = await house.look({ javaScriptEnabled: false });
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
});

test('in a network without TLS one signs in too', async () => {
  const page = await house.look({ baseURL: house.url.replace('127.0.0.1', lanHost) });
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
  assert.equal(new URL(page.url()).hostname, lanHost);
});

test('another site cannot act for who is signed in', async () => {
  const page = await house.look();
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
  const evil = createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end(`<form method="post" action="${house.url}/settings/users"><input name="name" value="eve"><input name="role" value="admin"><button>Win</button></form>`);
  });
  evil.listen(0, '127.0.0.1');
  await once(evil, 'listening');
  try {
    // At another port of the same host the browser sends the cookie along; from another
    // host, by SameSite, it does not.
    for (const host of ['127.0.0.1', 'localhost']) {
      await page.goto(`http://${host}:${evil.address().port}/`);
      const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
      await page.getByRole('button', { name: 'Win' }).click();
      const answer = await answered;
      assert.equal(answer.status(), 403);
      assert.equal('cookie' in await answer.request().allHeaders(), host === '127.0.0.1');
      await page.getByText('a page of another site').waitFor();
    }
  } finally {
    evil.close();
    evil.closeAllConnections();
  }
  const { users } = await house.api('GET', '/v1/users');
  assert.deepEqual(users.map(({ name }) => name), ['root']);
});

test('an admin adds a viewer, who chooses a password and sees no settings', async () => {
  const admin = await house.look();
  await signIn(admin, 'root');
  await admin.getByRole('link', { name: 'Settings' }).click();
  await admin.getByRole('link', { name: 'Users' }).click();
  await admin.getByLabel('Name').fill('<img src=x onerror=alert(1)>');
  await admin.getByRole('button', { name: 'Add the user' }).click();
  await admin.getByRole('alert').waitFor(); // a name has no spaces
  await admin.getByLabel('Name').fill('<b>vera</b>');
  await admin.getByLabel('Role').selectOption('viewer');
  await admin.getByLabel('Spring').check();
  await admin.getByRole('button', { name: 'Add the user' }).click();
  const link = await admin.locator('.once code').textContent();
  await admin.getByRole('rowheader', { name: '<b>vera</b>' }).waitFor();

  const viewer = await house.look();
  await viewer.goto(link);
  await viewer.getByLabel('New password', { exact: true }).fill(password);
  await viewer.getByLabel('New password, once more').fill(password);
  await viewer.getByRole('button', { name: 'Save and sign in' }).click();
  await viewer.getByText('Signed in as <b>vera</b>').waitFor();
  assert.equal(await viewer.getByRole('link', { name: 'Settings' }).count(), 0);
  for (const path of ['/settings/users', '/settings/keys']) {
    assert.equal((await viewer.goto(path)).status(), 403);
    await viewer.getByRole('heading', { name: 'Forbidden' }).waitFor();
  }
  await admin.getByRole('button', { name: 'Disable <b>vera</b>' }).click();
  await admin.getByRole('cell', { name: 'disabled' }).waitFor();
  await viewer.goto('/');
  await viewer.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('keys are made, shown once, and revoked', async () => {
  const page = await house.look();
  await signIn(page, 'root');
  await page.goto('/settings/keys');
  await page.getByLabel('What it is for').fill('wall board');
  await page.getByLabel('Spring').check();
  await page.getByRole('button', { name: 'Make the key' }).click();
  const key = await page.locator('.once code').textContent();
  const me = async () => (await fetch(`${house.url}/v1/me`, { headers: { Authorization: `Bearer ${key}` } })).status;
  assert.equal(await me(), 200);
  await page.goto('/settings/keys');
  assert.ok(!(await page.content()).includes(key), 'the key is shown again');
  await page.getByText('Revoke', { exact: true }).and(page.getByLabel('Revoke wall board')).click();
  await page.getByRole('row', { name: 'wall board' }).getByRole('button', { name: 'Revoke it for good' }).click();
  await page.getByRole('cell', { name: 'revoked' }).waitFor();
  assert.equal(await me(), 401);
});

test('a keyboard is enough', async () => {
  const page = await house.look();
  await page.goto('/settings/users');
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    return at.labels?.[0]?.textContent || at.getAttribute('aria-label') || at.textContent.trim();
  });
  // press goes on to what has that name, and wants it to be seen to have the focus.
  const tabTo = async (name) => {
    for (let steps = 0; steps < 60; steps++) {
      if (await focused() === name) {
        const shown = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(shown, 'none', `the focus on ${name} is not seen`);
        return;
      }
      await page.keyboard.press('Tab');
    }
    assert.fail(`no Tab leads to ${name}`);
  };
  await tabTo('Name');
  await page.keyboard.type('root');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Users', exact: true }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the content');
  await tabTo('Keys');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
  await tabTo('What it is for');
  await page.keyboard.type('by keyboard');
  await tabTo('Role');
  await page.keyboard.type('fin');
  await tabTo('Make the key');
  await page.keyboard.press('Enter');
  await page.getByText('shown this once').waitFor();
  await page.getByRole('row', { name: 'by keyboard finance' }).waitFor();
  await tabTo('Revoke by keyboard');
  await page.keyboard.press('Enter');
  await tabTo('Revoke it for good');
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: 'by keyboard finance' }).getByText('revoked').waitFor();
  await tabTo('Sign out');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a changed password ends the other sessions', async () => {
  await house.addUser('ana', 'team_lead');
  const here = await house.look();
  const there = await house.look();
  await signIn(here, 'ana');
  await signIn(there, 'ana');
  await there.getByText('Signed in as ana').waitFor();
  await here.getByRole('link', { name: 'Signed in as ana' }).click();
  await here.getByLabel('Present password').fill(password);
  await here.getByLabel('New password', { exact: true }).fill('three other words');
  await here.getByLabel('New password, once more').fill('three other words');
  await here.getByRole('button', { name: 'Change it' }).click();
  await here.getByText('The password is changed').waitFor();
  await there.goto('/');
  await there.getByRole('heading', { name: 'Sign in' }).waitFor();
  await here.goto('/');
  await here.getByText('Signed in as ana').waitFor();
});

test('the pages are accessible', async () => {
  const page = await house.look();
  await house.api('POST', '/v1/users', { name: `${'very'.repeat(20)}.long@example.com`, role: 'team_lead', campaigns: ['spring'] });
  await signIn(page, 'root');
  await page.getByText('Signed in as root').waitFor();
  const all = ['/settings/users', '/settings/keys', '/password'];
  await assertAccessible(page, all);
  await assertReachable(page, all);
});
