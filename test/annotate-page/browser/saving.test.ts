import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { AnnotatePage, type Place, startBrowser } from './annotate-page.js';
import { type AnnotateServer, makeDataset, readLog, startServer } from './annotate-server.js';

let server: AnnotateServer;
let browser: Browser;
let dataset: Awaited<ReturnType<typeof makeDataset>>;
beforeAll(async () => {
  dataset = await makeDataset(['undo.png', 'tabs.png', 'disk.png', 'looks.png', 'restart.png']);
  [server, browser] = await Promise.all([startServer(dataset.folder), startBrowser()]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  dataset?.remove();
});

const square = (x: number, y: number, width: number): Place[] => [
  [x, y],
  [x + width, y],
  [x + width, y + width],
  [x, y + width],
  [x, y],
];

async function drawSquare(page: AnnotatePage, x: number, y: number): Promise<void> {
  await page.press('p');
  await page.drag(square(x, y, 20));
}

const idsOf = async (page: AnnotatePage) => (await page.state()).objects.map(({ id }) => id).sort();

test('undo and redo go on after a reload', { timeout: 120_000 }, async () => {
  const page = await AnnotatePage.open(browser, server.link);
  await page.choose('undo.png');
  for (const x of [10, 40, 70]) await drawSquare(page, x, 10);
  await page.press('Control+z');
  await page.saved();
  const before = await page.state();

  await page.page.reload();
  await page.waitUntilOpen();
  await page.choose('undo.png');
  expect(await page.state()).toMatchObject({ seq: 4, hash: before.hash });
  await page.press('Control+z', 'Control+z');
  expect(await idsOf(page)).toEqual([]);
  await page.press('Control+z');
  expect(await page.message()).toBe('There is nothing to undo.');
  await page.press('Control+Shift+Z', 'Control+Shift+Z', 'Control+Shift+Z');
  expect(await idsOf(page)).toEqual([1, 2, 3]);
  await page.saved();
  expect(readLog(dataset.folder, 'undo').map(({ op }) => op)).toEqual([
    ...['lasso', 'lasso', 'lasso', 'undo', 'undo', 'undo', 'redo', 'redo', 'redo'],
  ]);
  await page.close();
});

test(
  'two tabs: edits of different nuclei are joined, of the same nucleus the second is taken back and told',
  { timeout: 120_000 },
  async () => {
    const [one, other] = [
      await AnnotatePage.open(browser, server.link),
      await AnnotatePage.open(browser, server.link),
    ];
    for (const page of [one, other]) await page.choose('tabs.png');
    await drawSquare(one, 10, 10);
    await one.saved();
    // This tab knows nothing of it, and calls its own nucleus 1, too.
    await drawSquare(other, 60, 60);
    await other.saved();
    expect(await idsOf(other)).toEqual([1, 2]);
    const labels = await other.labels();
    expect([labels[20 * 128 + 20], labels[70 * 128 + 70]]).toEqual([1, 2]);

    // Both know nucleus 1; the first deletes it, the second enlarges it.
    await one.press('v');
    await one.click([20, 20]);
    await one.press('Delete');
    await one.saved();
    await other.press('b');
    await other.setPen('Brush', 8);
    await other.drag([
      [20, 20],
      [45, 20],
    ]);
    await other.page.locator('.notice', { hasText: 'One edit was taken back' }).waitFor();
    await other.saved();
    expect(await idsOf(other)).toEqual([2]);
    expect(readLog(dataset.folder, 'tabs').map(({ op }) => op)).toEqual(['lasso', 'lasso', 'delete']);
    await one.close();
    await other.close();
  },
);

test(
  'a disk that takes nothing is told at once; edits stay in the browser, over a reload, until they are saved',
  { timeout: 120_000 },
  async () => {
    const context = await browser.newContext();
    const page = await AnnotatePage.open(context, server.link);
    await page.choose('disk.png');
    // What the server answers when it cannot write; its own tests make it do so.
    const isEvent = (url: URL) => url.pathname.endsWith('/events');
    await context.route(isEvent, (route) =>
      route.fulfill({ status: 507, json: { error: 'The disk is full.', hint: 'Free some space.' } }),
    );
    await drawSquare(page, 10, 10);
    await page.page.locator('#blocked', { hasText: 'One edit is not saved' }).waitFor({ timeout: 5000 });
    expect(await page.page.locator('#blocked').textContent()).toContain('The disk is full. Free some space.');
    await drawSquare(page, 50, 10);
    await page.page.locator('#save-state', { hasText: '2 unsaved' }).waitFor();
    await page.page.close({ runBeforeUnload: false });

    const again = await AnnotatePage.open(context, server.link);
    await again.choose('disk.png');
    await again.page.locator('#save-state', { hasText: '2 unsaved' }).waitFor();
    expect(await idsOf(again)).toEqual([1, 2]);
    await context.unroute(isEvent);
    await again.page.getByRole('button', { name: 'Try again' }).click();
    await again.saved();
    expect(await again.page.locator('#blocked').count()).toBe(0);
    expect(readLog(dataset.folder, 'disk').map(({ op }) => op)).toEqual(['lasso', 'lasso']);
    await context.close();
  },
);

test(
  'the server ends and starts again: what was drawn in between is saved once',
  { timeout: 180_000 },
  async () => {
    const context = await browser.newContext();
    const page = await AnnotatePage.open(context, server.link);
    await page.choose('restart.png');
    await drawSquare(page, 10, 10);
    await page.saved();
    const { port } = server;
    await server.stop();
    await drawSquare(page, 50, 10);
    await page.page.locator('#blocked', { hasText: 'The server does not answer.' }).waitFor();
    server = await startServer(dataset.folder, '--port', String(port));
    // The page of the old link has another token, and says so.
    await page.page.locator('#blocked', { hasText: 'token' }).waitFor();
    const again = await AnnotatePage.open(context, server.link);
    await again.choose('restart.png');
    await again.saved();
    expect(await idsOf(again)).toEqual([1, 2]);
    expect(readLog(dataset.folder, 'restart').map(({ op, seq }) => [op, seq])).toEqual([
      ['lasso', 1],
      ['lasso', 2],
    ]);
    await context.close();
  },
);

test(
  'contrast, inversion, hidden nuclei and zoom change what is seen, and nothing that is kept',
  { timeout: 120_000 },
  async () => {
    const page = await AnnotatePage.open(browser, server.link);
    await page.choose('looks.png');
    await drawSquare(page, 10, 10);
    await page.press('v', 'Escape');
    await page.saved();
    const colourAt = async (place: Place) => {
      // Two frames: the one that was asked for is drawn then.
      await page.page.evaluate(
        () =>
          new Promise((resolve) => {
            const next = (globalThis as unknown as { requestAnimationFrame: (done: () => void) => void })
              .requestAnimationFrame;
            next(() => next(() => resolve(undefined)));
          }),
      );
      const { x, y } = await page.onScreen(place);
      const shot = await page.page.screenshot({
        clip: { x: Math.round(x), y: Math.round(y), width: 1, height: 1 },
      });
      return [...(await readImage(shot, 'screenshot')).data.subarray(0, 3)];
    };
    // Background of the image is 20 + 3, its discs are 200 or less: fitted, they are black and white.
    const brightness = async (place: Place) => {
      const [red] = await colourAt(place);
      return red! < 60 ? 'dark' : red! > 190 ? 'bright' : `${red}`;
    };
    const [background, disc]: Place[] = [
      [100.5, 80.5],
      [100.5, 100.5],
    ];
    expect([await brightness(background!), await brightness(disc!)]).toEqual(['dark', 'bright']);
    await page.press('i');
    expect([await brightness(background!), await brightness(disc!)]).toEqual(['bright', 'dark']);
    await page.press('i');
    // A filled nucleus is bluish; while Space is held, the image is grey.
    const inside: Place = [12.5, 28.5];
    const filled = await colourAt(inside);
    expect(filled[2]! - filled[0]!).toBeGreaterThan(15);
    await page.page.keyboard.down(' ');
    const bare = await colourAt(inside);
    expect(Math.abs(bare[2]! - bare[0]!)).toBeLessThan(3);
    await page.page.keyboard.up(' ');
    expect(await colourAt(inside)).toEqual(filled);
    // The channel is off: black.
    await page.press('1');
    expect(await brightness(disc!)).toBe('dark');
    await page.press('1');
    // In a smaller window the whole image is shown again.
    await page.page.setViewportSize({ width: 1024, height: 700 });
    await page.page.waitForTimeout(200);
    const canvas = (await page.page.locator('canvas').boundingBox())!;
    const [corner, other] = [await page.onScreen([0, 0]), await page.onScreen([128, 128])];
    expect(corner.x + other.x).toBeCloseTo(2 * canvas.x + canvas.width, 0);
    expect(other.y - corner.y).toBeLessThan(canvas.height);
    expect(other.y - corner.y).toBeGreaterThan(0.85 * Math.min(canvas.height, canvas.width));
    // Zoomed by the wheel, the place under the mouse stays.
    const { x, y } = await page.onScreen([64, 64]);
    await page.page.mouse.move(x, y);
    await page.page.mouse.wheel(0, -300);
    await page.page.waitForTimeout(100);
    const after = await page.onScreen([64, 64]);
    expect(Math.hypot(after.x - x, after.y - y)).toBeLessThan(1);
    expect(readLog(dataset.folder, 'looks')).toHaveLength(1);
    expect(page.errors).toEqual([]);
    await page.close();
  },
);
