/**
 * The loop of `nucleate annotate` without a hand: a scripted expert, who knows the truth, corrects six images of breast tissue
 * by the mouse and the keys of the page, draws the nuclei of two control images of other patients, and presses Train. The
 * score on the control images has to rise.
 *
 * Data: tnbc-dev.zip (Naylor and others 2018, CC BY 4.0, doi 10.5281/zenodo.1175282), `images/` and `labels/`, at
 * `../shared/data/tissue` or where NUCLEATE_TNBC says. NUCLEATE_LOOP_MINUTES is how long it learns; default: 10.
 */
import type { Browser } from '@playwright/test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainStatus } from '../../src/annotate/protocol/messages.js';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { measureInstances } from '../../src/data/geometry/label-image.js';
import { encodePng } from '../../src/data/image/image-io.js';
import { readDataset } from '../../src/data/read/dataset.js';
import { polygonsOf } from '../../src/predict/formats/polygons.js';
import { AnnotatePage, type Place, startBrowser } from '../annotate-page/browser/annotate-page.js';
import { type AnnotateServer, readLog, startServer } from '../annotate-page/browser/annotate-server.js';
import { root } from '../cli/run-nucleate.js';

const archive = process.env['NUCLEATE_TNBC'] ?? path.join(root, '../shared/data/tissue/tnbc-dev.zip');
const minutes = process.env['NUCLEATE_LOOP_MINUTES'] ?? '10';

/** Of patients 01 to 03, and of the others. */
const learnt = ['01_1', '01_4', '02_1', '02_3', '03_1', '03_4'];
const controls = ['04_1', '05_2'];

/** IoU from which a proposal is the nucleus that it shows. */
const isGood = 0.5;

let server: AnnotateServer;
let browser: Browser;
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-loop-'));
const truths = new Map<string, LabelImage>();
beforeAll(async () => {
  if (!existsSync(archive)) throw new Error(`This test needs ${archive}: see its comment.`);
  const images = path.join(folder, 'tissue');
  mkdirSync(images);
  for await (const { id, image, labelImage } of readDataset(archive)) {
    const name = [...learnt, ...controls].find((known) => id.endsWith(known));
    if (name === undefined) continue;
    writeFileSync(path.join(images, `${name}.png`), await encodePng(image));
    truths.set(name, labelImage);
  }
  // Which images measure the model is drawn at the first start; here they are those of the other patients.
  await (await startServer(images)).stop();
  const plan = path.join(images, 'annotations/queue.json');
  const drawn = JSON.parse(readFileSync(plan, 'utf8')) as { controls: string[] };
  writeFileSync(plan, JSON.stringify({ ...drawn, controls: controls.map((name) => `${name}.png`) }));
  [server, browser] = await Promise.all([startServer(images), startBrowser()]);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A pixel of a label near its middle. */
function pixelOf(labels: ArrayLike<number>, label: number, width: number): Place {
  const pixels: [number, number][] = [];
  for (let at = 0; at < labels.length; at++)
    if (labels[at] === label) pixels.push([at % width, Math.floor(at / width)]);
  const mean = (axis: 0 | 1) => pixels.reduce((sum, pixel) => sum + pixel[axis], 0) / pixels.length;
  const [x, y] = [mean(0), mean(1)];
  const far = ([px, py]: readonly [number, number]) => (px - x) ** 2 + (py - y) ** 2;
  const [px, py] = pixels.reduce((best, pixel) => (far(pixel) < far(best) ? pixel : best));
  return [px + 0.5, py + 0.5];
}

/** The nuclei of the truth that a label of the page shows well enough, and those labels. */
function matches(truth: LabelImage, labels: Uint32Array) {
  const both = new Map<string, number>();
  const [areas, found] = [new Map<number, number>(), new Map<number, number>()];
  labels.forEach((label, at) => {
    const nucleus = truth.labels[at]!;
    if (nucleus !== 0) areas.set(nucleus, (areas.get(nucleus) ?? 0) + 1);
    if (label !== 0) found.set(label, (found.get(label) ?? 0) + 1);
    if (nucleus !== 0 && label !== 0)
      both.set(`${nucleus} ${label}`, (both.get(`${nucleus} ${label}`) ?? 0) + 1);
  });
  const nuclei = new Set<number>();
  const proposals = new Set<number>();
  for (const [pair, shared] of both) {
    const [nucleus, label] = pair.split(' ').map(Number) as [number, number];
    if (shared / (areas.get(nucleus)! + found.get(label)! - shared) < isGood) continue;
    nuclei.add(nucleus);
    proposals.add(label);
  }
  return { nuclei, proposals, all: [...areas.keys()], found: [...found.keys()] };
}

/** Draws nuclei of the truth with the lasso. */
async function draw(page: AnnotatePage, truth: LabelImage, nuclei: readonly number[]): Promise<void> {
  const count = Math.max(...new Set(truth.labels));
  const instances = measureInstances(truth, count);
  await page.press('0', 'p');
  for (const label of nuclei) {
    const [x1, y1, x2, y2] = instances.boxes.subarray(4 * (label - 1), 4 * label) as unknown as number[];
    const [outline] = polygonsOf(truth, { label, box: { x1: x1!, y1: y1!, x2: x2!, y2: y2! } });
    const corners: Place[] = [];
    for (let at = 0; at < outline!.outer.length; at += 2)
      corners.push([outline!.outer[at]!, outline!.outer[at + 1]!]);
    await page.drag([...corners, corners[0]!]);
  }
}

async function correct(page: AnnotatePage, name: string): Promise<void> {
  const truth = truths.get(name)!;
  await page.choose(name);
  if (!controls.includes(name)) {
    await page.press('d');
    await page.page.locator('.toast', { hasText: /The model (proposes|found)/u }).waitFor();
    const { proposals, found } = matches(truth, await page.labels());
    const labels = await page.labels();
    for (const label of found.filter((other) => !proposals.has(other))) {
      await page.press('0', 'v');
      await page.click(pixelOf(labels, label, truth.width));
      await page.press('x');
    }
    await page.press('0');
    if (proposals.size > 0) await page.press('Shift+A');
  }
  const { nuclei, all } = matches(truth, await page.labels());
  await draw(
    page,
    truth,
    all.filter((nucleus) => !nuclei.has(nucleus)),
  );
  await page.press('r');
  await page.page.locator('.queue .row.reviewed', { hasText: name }).waitFor();
  await page.saved();
}

test('six corrected images make the model better on other patients', { timeout: 3_600_000 }, async () => {
  const page = await AnnotatePage.open(browser, server.link, { width: 1440, height: 1000 });
  page.page.setDefaultTimeout(300_000);
  for (const name of [...learnt, ...controls]) {
    await correct(page, name);
    process.stdout.write(`${name}: ${readLog(path.join(folder, 'tissue'), name).length} events\n`);
  }
  // On the images that measure the model, nothing was ever proposed.
  for (const name of controls)
    expect(readLog(path.join(folder, 'tissue'), name).every(({ op }) => op !== 'propose')).toBe(true);
  await page.page.getByRole('spinbutton', { name: 'Minutes' }).fill(minutes);
  await page.page.locator('#train').click();
  await page.page.getByText('The new model answers from now on.').first().waitFor({ timeout: 3_000_000 });
  const [round] = await page.page.evaluate(
    () =>
      (globalThis as unknown as { nucleate: { training: { value: TrainStatus } } }).nucleate.training.value
        .rounds,
  );
  process.stdout.write(`${JSON.stringify(round)}\n`);
  expect(round).toMatchObject({ round: 1, images: learnt.length + controls.length });
  expect(round!.after!).toBeGreaterThan(round!.before!);
  const picture = process.env['NUCLEATE_PICTURES'];
  if (picture) {
    await page.page.evaluate(`document.querySelector('aside.tools').scrollTop = 1e6`);
    await page.page.screenshot({ path: path.join(root, picture, 'annotate-trained.png') });
  }
  expect(page.errors).toEqual([]);
  await page.close();
});
