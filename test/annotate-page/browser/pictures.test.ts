/**
 * The pictures of docs/annotate-tutorial.md, made by doing what it says. To make them anew:
 *
 *   NUCLEATE_PICTURES=docs/pictures npx vitest run test/annotate-page/browser/pictures.test.ts
 */
import type { Browser } from '@playwright/test';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../cli/run-nucleate.js';
import { AnnotatePage, startBrowser } from './annotate-page.js';
import { type AnnotateServer, startServer } from './annotate-server.js';

/** Stained tissue of the bundled sample (CC0); the first is the one that is shown. */
const names = [
  'c-65c8527c',
  'c-5c6eb9a4',
  'c-13f2bec0',
  'c-0bf33d3d',
  'e-0e4c2e27',
  'e-7f34dfcc',
  'b-7773ac91',
  'b-94519eb4',
];

const target = process.env['NUCLEATE_PICTURES'];

let server: AnnotateServer;
let browser: Browser;
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-pictures-'));
beforeAll(async () => {
  const images = path.join(folder, 'biopsies');
  mkdirSync(images);
  for (const name of names)
    cpSync(path.join(root, 'examples/dsb2018-mini', `${name}.png`), path.join(images, `${name}.png`));
  [server, browser] = await Promise.all([startServer(images), startBrowser()]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Kept as WebP: a fifth of the bytes of a PNG. A picture in which nothing is to be seen fails. */
async function picture(page: AnnotatePage, name: string): Promise<void> {
  await page.page.waitForTimeout(300);
  const shot = sharp(await page.page.screenshot());
  const { entropy } = await shot.stats();
  expect(entropy).toBeGreaterThan(1);
  if (target === undefined) return;
  mkdirSync(path.join(root, target), { recursive: true });
  await shot.webp({ quality: 82 }).toFile(path.join(root, target, `annotate-${name}.webp`));
}

test('from proposals to a reviewed region', { timeout: 300_000 }, async () => {
  const page = await AnnotatePage.open(browser, server.link, { width: 1280, height: 800 });
  page.page.setDefaultTimeout(120_000);
  await page.choose(names[0]!);
  await page.press('d');
  await page.page.locator('.toast', { hasText: 'The model proposes' }).waitFor();
  await picture(page, 'proposals');

  await page.press('Tab', 'a', 'a', 'x');
  await picture(page, 'doubtful');

  // A box around a nucleus that was missed, held while the picture is taken.
  await page.press('0', 'm');
  const corner = await page.onScreen([79, 92]);
  const other = await page.onScreen([101, 110]);
  await page.page.mouse.move(corner.x, corner.y);
  await page.page.mouse.down();
  await page.page.mouse.move(other.x, other.y, { steps: 5 });
  await picture(page, 'box');
  await page.page.keyboard.press('Escape');
  await page.page.mouse.up();

  await page.press('v', '0', 'Shift+A', 'r');
  await page.page.locator('.queue .row.reviewed', { hasText: names[0]! }).waitFor();
  await page.page.evaluate(`document.querySelector('aside.tools').scrollTop = 0`);
  await picture(page, 'reviewed');
  await page.press('?');
  await page.page.getByRole('dialog').waitFor();
  await picture(page, 'keys');
  expect(page.errors).toEqual([]);
  await page.close();
});
