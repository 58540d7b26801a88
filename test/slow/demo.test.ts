import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type Page } from '@playwright/test';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDemo } from '../../docs/make/demo.js';
import { readImage } from '../../src/data/image/image-io.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { buildModel } from '../../src/model/model.js';
import type { Segmentation } from '../../src/predict/assemble/segmentation.js';
import { startBrowser } from '../annotate-page/browser/annotate-page.js';

const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-demo-'));
const sampleFile = (name: string) => path.join(root, 'examples/dsb2018-mini', name);
const types: Record<string, string> = {
  ...{ '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' },
  ...{ '.wasm': 'application/wasm', '.png': 'image/png' },
};

// A host of static files.
const server = createServer((request, response) => {
  const name = request.url === '/' ? 'index.html' : request.url!;
  try {
    const bytes = readFileSync(path.join(folder, name));
    response.setHeader('Content-Type', types[path.extname(name)] ?? 'application/octet-stream').end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
let browser: Browser;
let page: Page;
const asked: string[] = [];
const errors: string[] = [];

beforeAll(async () => {
  await makeDemo(folder);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await startBrowser();
  page = await browser.newPage();
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
}, 30 * 60_000);

afterAll(async () => {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
});

const image = { create: { width: 1025, height: 1, channels: 3, background: 'grey' } } as const;
const wide = () => sharp(image).png().toBuffer();

const place = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** What docs/demo/page.ts says. */
interface InPage {
  readonly nuclei: Segmentation | undefined;
}

/** Labels and scores of what the page has found. */
async function foundInPage(): Promise<{ labels: number[]; count: number; scores: number[] }> {
  await page.waitForFunction(() => (globalThis as unknown as InPage).nuclei, undefined, {
    timeout: 25 * 60_000,
  });
  return page.evaluate(() => {
    const { labelImage, instances } = (globalThis as unknown as InPage).nuclei!;
    return {
      labels: [...labelImage.labels],
      count: instances.length,
      scores: instances.map(({ score }) => score),
    };
  });
}

/** The highest IoU of each nucleus of one label image with those of another. */
function bestIous(one: ArrayLike<number>, count: number, other: ArrayLike<number>): number[] {
  return Array.from({ length: count }, (_, k) => {
    const overlaps = new Map<number, number>();
    let area = 0;
    for (let i = 0; i < one.length; i++) {
      if (one[i] !== k + 1) continue;
      area += 1;
      overlaps.set(other[i]!, (overlaps.get(other[i]!) ?? 0) + 1);
    }
    overlaps.delete(0);
    const areaOf = (label: number) => Array.from(other).filter((value) => value === label).length;
    return Math.max(0, ...[...overlaps].map(([label, shared]) => shared / (area + areaOf(label) - shared)));
  });
}

test.each(['a-5afb7932.png', 'f-16c3d593.png'])(
  '%s: the exported model finds the nuclei of native TensorFlow in a browser, with nothing from elsewhere',
  async (name) => {
    await page.goto(place());
    if (name.startsWith('a')) await page.getByRole('button', { name: 'Try the sample' }).click();
    else await page.getByLabel('Choose an image').setInputFiles(sampleFile(name));
    const found = await foundInPage();
    // In float32, as in the browser.
    const stored = await readModelFolder(path.join(root, 'models/nucleate-stains'));
    const model = buildModel(stored, { mode: 'eager' });
    const { labelImage, instances } = await model.segment(await readImage(sampleFile(name)));
    model.dispose();

    const ious = bestIous(labelImage.labels, instances.length, found.labels);
    const changes = instances.map(({ score }, k) => Math.abs(score - found.scores[k]!));
    process.stdout.write(
      `${name}: ${instances.length} nuclei, ${found.count} in the browser, least IoU ${Math.min(...ious)}, scores differ by up to ${Math.max(...changes)}\n`,
    );
    expect(found.count).toBe(instances.length);
    expect(found.count).toBeGreaterThan(3);
    expect(Math.min(...ious)).toBeGreaterThan(0.98);
    expect(Math.max(...changes)).toBeLessThan(1e-4);
    expect(await page.getByRole('status').textContent()).toContain(`${found.count} nuclei in`);
    expect(asked.filter((url) => !url.startsWith(place()) && !/^(data|blob):/u.test(url))).toEqual([]);
    expect(errors).toEqual([]);
  },
);

test('a file that is no image, and one that is too large, are refused in words', async () => {
  await page.goto(place());
  const choose = page.getByLabel('Choose an image');
  await choose.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') });
  await expect.poll(() => page.getByRole('status').textContent()).toContain('cannot read this file');
  await choose.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: await wide() });
  await expect.poll(() => page.getByRole('status').textContent()).toContain('1025 x 1 px');
});
