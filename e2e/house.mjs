// A house is a real server over a database of its own, and browsers that look at it.
// Tests wait for conditions, never for time, and take free ports.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const password = 'three words long';

const root = fileURLToPath(new URL('..', import.meta.url));
// Under this name the server is an ordinary address, one that browsers do not trust
// without TLS as they do 127.0.0.1.
export const lanHost = 'ringside.test';

const chromiumPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

// program is the path of the server: RINGSIDE_PROGRAM, or built into dir.
function program(dir) {
  if (process.env.RINGSIDE_PROGRAM) return process.env.RINGSIDE_PROGRAM;
  execFileSync('go', ['build', '-o', join(dir, 'ringside'), './cmd/ringside'], { cwd: root, stdio: 'inherit' });
  return join(dir, 'ringside');
}

// serve starts a program that serves and resolves once it listens: url is where,
// link that of the first admin where one was printed.
async function serve(path, args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RINGSIDE_')));
  const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, said: '', url: '', link: '' };
  child.stderr.on('data', (text) => { server.said += text; });
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      server.said += line + '\n';
      server.link ||= line.match(/http:\S+\/set-up\?token=\S+/)?.[0] ?? '';
      server.url = line.match(/listening on (http:\S+)/)?.[1] ?? '';
      if (server.url) return;
    }
    throw new Error(`the server ended:\n${server.said}`);
  })();
  await ready;
  child.stdout.resume();
  return server;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

// openHouse starts a server over a new database, with a campaign that has calls.
export async function openHouse() {
  const dir = mkdtempSync(join(tmpdir(), 'ringside-e2e-'));
  const path = program(dir);
  const keyFile = join(dir, 'admin.key');
  const args = (listen) => ['serve', '--db', join(dir, 'e2e.db'), '--listen', listen, '--admin-key-file', keyFile];
  let server = await serve(path, args('127.0.0.1:0'));
  const key = readFileSync(keyFile, 'utf8').trim();
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [`--host-resolver-rules=MAP ${lanHost} 127.0.0.1`, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });

  const open = [];
  const complaints = [];
  const house = {
    url: server.url,
    link: server.link,
    key,
    // said is all that the server wrote so far.
    said: () => server.said,

    // api asks by the admin's key and returns what is answered; anything but success throws.
    async api(method, where, body) {
      const answer = await fetch(house.url + where, {
        method, headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) }, body: body && JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${where} answers ${answer.status}: ${text}`);
      return text && JSON.parse(text);
    },

    // look opens a browser window of its own, without cookies.
    async look(options = {}) {
      const context = await browser.newContext({ baseURL: house.url, viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      open.push(context);
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // That a request was refused is what some tests are about.
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
      });
      return page;
    },

    // as is look with a user signed in.
    async as(name, options) {
      const page = await house.look(options);
      await signIn(page, name);
      await page.getByText(`Signed in as ${name}`).waitFor();
      return page;
    },

    // leave closes all windows and returns what their pages complained of until then: a
    // policy that was broken, for one.
    async leave() {
      const said = complaints.splice(0);
      for (const context of open.splice(0)) await context.close();
      complaints.length = 0;
      return said;
    },

    // addUser makes a user of that role with the password.
    async addUser(name, role, campaigns) {
      const made = await house.api('POST', '/v1/users', { name, role, ...(campaigns && { campaigns }) });
      const token = new URL(made.link).searchParams.get('token');
      const answer = await fetch(house.url + '/set-up', { method: 'POST', redirect: 'manual', body: new URLSearchParams({ token, password, again: password }) });
      if (answer.status !== 303) throw new Error(`the link of ${name} answers ${answer.status}`);
      return made;
    },

    // restart ends the server and starts it anew at the same address.
    async restart() {
      await end(server.child);
      server = await serve(path, args(new URL(house.url).host));
    },

    async close() {
      await browser.close();
      await end(server.child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await seed(house);
  return house;
}

// seed makes the campaign spring, with two calls of which one was a sale.
async function seed(house) {
  await house.api('PUT', '/v1/campaigns/spring', {
    name: 'Spring', time_zone: 'Europe/Lisbon', currency: 'EUR', dial_mode: 'predictive',
    dispositions: [{ code: 'SALE', category: 'sale', stage: 'closed' }, { code: 'NI', category: 'refusal' }],
  });
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  await house.api('POST', '/v1/campaigns/spring/attempts', [
    { ref: 'call-1', lead: 'lead-1', agent: 'a-17', started_at: at(60), result: 'no_answer' },
    { ref: 'call-2', lead: 'lead-1', agent: 'a-17', started_at: at(30), result: 'answered', answered_by: 'human', ended_at: at(27), disposition: 'SALE', amount: '49.90' },
  ]);
}

// signIn signs in by the form.
export async function signIn(page, name, secret = password) {
  await page.goto('/sign-in');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
