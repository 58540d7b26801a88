import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AnnotatePage, startBrowser } from './annotate-page.js';
import { type AnnotateServer, makeDataset, readLog, startServer } from './annotate-server.js';

const hostile = '<img src=x onerror="document.title=`hacked`">.png';

let server: AnnotateServer;
let readOnly: AnnotateServer;
let browser: Browser;
/** axe needs one of its own. */
let context: BrowserContext;
let dataset: Awaited<ReturnType<typeof makeDataset>>;
beforeAll(async () => {
  dataset = await makeDataset(['plain.png', hostile]);
  [server, browser] = await Promise.all([startServer(dataset.folder), startBrowser()]);
  context = await browser.newContext();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await readOnly?.stop();
  dataset?.remove();
});

/** Draws a nucleus on plain.png, so that there is something to look at and to spoil. Resolves with the number of events. */
async function drawOne(): Promise<number> {
  const page = await AnnotatePage.open(context, server.link);
  await page.choose('plain.png');
  await page.press('p');
  await page.drag([
    [90, 90],
    [110, 90],
    [110, 110],
    [90, 110],
  ]);
  await page.saved();
  await page.close();
  return readLog(dataset.folder, 'plain').length;
}

/** What axe finds against WCAG 2.2, levels A and AA, and its own best practices. */
async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}

test(
  'no accessibility violation: the page, a selected nucleus, help, skipping, a notice, small windows',
  { timeout: 180_000 },
  async () => {
    const page = await AnnotatePage.open(context, server.link);
    await page.choose('plain.png');
    expect(await violationsOf(page.page)).toEqual([]);
    await page.press('p');
    await page.drag([
      [10, 10],
      [40, 10],
      [40, 40],
      [10, 40],
    ]);
    await page.press('b');
    expect(await violationsOf(page.page)).toEqual([]);
    await page.press('?');
    await page.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await violationsOf(page.page)).toEqual([]);
    await page.page.keyboard.press('?');
    await page.page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.press('q');
    await page.page.getByRole('dialog').getByRole('textbox').fill('blurred');
    expect(await violationsOf(page.page)).toEqual([]);
    await page.page.keyboard.press('Escape');
    await page.page.setViewportSize({ width: 1024, height: 700 });
    expect(await violationsOf(page.page)).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  },
);

test('skipping asks why, is kept with the reason, and goes on', { timeout: 120_000 }, async () => {
  const page = await AnnotatePage.open(context, server.link);
  await page.choose('plain.png');
  await page.press('q');
  await page.page.getByRole('dialog').getByRole('textbox').fill('out of focus');
  await page.page.keyboard.press('Enter');
  await page.page.locator('.queue .row.skipped', { hasText: 'plain.png' }).waitFor();
  await page.page.locator('h2.title', { hasText: 'onerror' }).waitFor();
  expect(readLog(dataset.folder, 'plain').at(-1)).toMatchObject({ op: 'skip', reason: 'out of focus' });
  await page.close();
});

test('the name of a file is text, never markup', { timeout: 120_000 }, async () => {
  const page = await AnnotatePage.open(context, server.link);
  await page.choose('onerror');
  expect(await page.page.locator('h2.title').textContent()).toBe(hostile);
  expect(await page.page.locator('.queue img, h2.title img').count()).toBe(0);
  expect(await page.page.title()).not.toBe('hacked');
  expect(page.errors).toEqual([]);
  await page.close();
});

test(
  'a page from elsewhere cannot write: form, fetch with and without CORS, and a guess of the token',
  { timeout: 120_000 },
  async () => {
    const before = await drawOne();
    const target = `http://127.0.0.1:${server.port}/api/images/0/events`;
    const token = new URL(server.link).hash.slice(1);
    // Another port is another origin. It even knows the token.
    const other = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<iframe name="sink"></iframe><form id="form" method="post" target="sink" action="${target}" enctype="text/plain"><input name='{"op":"skip","x":"' value='"}'></form>`,
      );
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const page = await browser.newPage();
    const answers: number[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/api/')) answers.push(response.status());
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    const outcomes = await page.evaluate(
      async ([url, key]) => {
        const { fetch, document } = globalThis as unknown as {
          fetch: (url: string, init: object) => Promise<{ type: string; ok: boolean }>;
          document: { getElementById: (id: string) => { submit: () => void } };
        };
        const body = JSON.stringify({
          ...{ op: 'skip', source: 'manual', reason: 'evil', uuid: '3f1c1b1e-1d1f-4b1a-9c1d-1e1f1a1b1c1d' },
          ...{ prev: 0, session: '3f1c1b1e-1d1f-4b1a-9c1d-1e1f1a1b1c1e', ms: 0 },
        });
        const tell = (sent: Promise<{ type: string; ok: boolean }>) =>
          sent.then(
            ({ type, ok }) => `${type} ${ok}`,
            () => 'refused',
          );
        const json = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
        const told = [
          await tell(fetch(url!, { method: 'POST', mode: 'no-cors', body })),
          await tell(fetch(url!, { method: 'POST', mode: 'cors', headers: json, body })),
          await tell(fetch(url!.replace('/events', '/labels'), { method: 'GET', headers: json })),
        ];
        document.getElementById('form').submit();
        return told;
      },
      [target, token],
    );
    // Even the opaque answer is kept from the page: Cross-Origin-Resource-Policy.
    expect(outcomes).toEqual(['refused', 'refused', 'refused']);
    await page.waitForTimeout(500);
    expect(answers.filter((status) => status < 400)).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
    expect(readLog(dataset.folder, 'plain')).toHaveLength(before);
    await page.close();
    other.close();
  },
);

test('without the token the page says what to do, and shows nothing', { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  await page.goto(server.link.replace(/#.*/u, '#wrong'));
  await page.getByText('Open the link that nucleate').waitFor();
  expect(await page.locator('canvas').count()).toBe(0);
  await page.close();
});

test('read-only: everything can be looked at, nothing changed', { timeout: 180_000 }, async () => {
  const before = await drawOne();
  await server.stop();
  readOnly = await startServer(dataset.folder, '--read-only');
  const page = await AnnotatePage.open(context, readOnly.link);
  await page.choose('plain.png');
  await page.page.getByText('read-only', { exact: true }).waitFor();
  const { objects } = await page.state();
  expect(objects.length).toBeGreaterThan(0);
  expect(await page.page.locator('[data-command=brush]').isDisabled()).toBe(true);
  expect(await violationsOf(page.page)).toEqual([]);
  await page.press('p');
  await page.drag([
    [60, 60],
    [90, 60],
    [90, 90],
  ]);
  expect(await page.message()).toContain('read-only');
  expect((await page.state()).objects).toEqual(objects);
  expect(readLog(dataset.folder, 'plain')).toHaveLength(before);
  await page.close();
});
