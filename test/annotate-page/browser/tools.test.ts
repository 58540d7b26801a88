import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AnnotationState, emptyParts } from '../../../src/annotate/protocol/state.js';
import { readDataset } from '../../../src/data/read/dataset.js';
import { AnnotatePage, type Place, startBrowser } from './annotate-page.js';
import { type AnnotateServer, makeDataset, readLog, side, startServer } from './annotate-server.js';

const sizes = [
  { width: 1920, height: 1080 },
  { width: 1366, height: 768 },
  { width: 1024, height: 700 },
] as const;
const nameOf = ({ width }: { readonly width: number }) => `window-${width}.png`;

let server: AnnotateServer;
let browser: Browser;
let dataset: Awaited<ReturnType<typeof makeDataset>>;
beforeAll(async () => {
  dataset = await makeDataset([...sizes.map(nameOf), 'keyboard.png']);
  [server, browser] = await Promise.all([startServer(dataset.folder), startBrowser()]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  dataset?.remove();
});

/** Number of pixels of each nucleus. */
function areasOf(labels: Uint32Array): Map<number, number> {
  const areas = new Map<number, number>();
  for (const label of labels) if (label !== 0) areas.set(label, (areas.get(label) ?? 0) + 1);
  return areas;
}

const at = (labels: Uint32Array, [x, y]: Place): number => labels[y * side + x]!;

/** The corners of a square, px, as the lasso goes around it. */
const square = (x: number, y: number, width: number): Place[] => [
  [x, y],
  [x + width, y],
  [x + width, y + width],
  [x, y + width],
];

/** What nucleate reads from the folder for an image. */
async function readBack(name: string): Promise<Uint32Array> {
  const ids: string[] = [];
  for await (const { id, labelImage } of readDataset(dataset.folder)) {
    if (id.includes(name.replace('.png', ''))) return Uint32Array.from(labelImage.labels);
    ids.push(id);
  }
  throw new Error(`The dataset has no ${name}, but ${ids.join(', ')}`);
}

/** Whether two label maps show the same nuclei, whatever their numbers. */
function samePartition(one: Uint32Array, other: Uint32Array): boolean {
  const pairs = new Map<number, number>([[0, 0]]);
  const taken = new Map<number, number>([[0, 0]]);
  return one.every((label, index) => {
    const there = other[index]!;
    if (!pairs.has(label) && !taken.has(there)) {
      pairs.set(label, there);
      taken.set(there, label);
    }
    return pairs.get(label) === there && taken.get(there) === label;
  });
}

test.each(sizes)(
  'every tool in a window of $width x $height: the label map, the log, and what nucleate reads',
  { timeout: 240_000 },
  async (size) => {
    const name = nameOf(size);
    const page = await AnnotatePage.open(browser, server.link, size);
    await page.choose(name);

    // The lasso draws a new nucleus; its border is within the width of a pixel of the screen.
    await page.press('p');
    await page.drag([...square(10, 10, 20), [10, 10]]);
    let labels = await page.labels();
    expect(areasOf(labels).get(1)).toBeGreaterThanOrEqual(19 * 19);
    expect(areasOf(labels).get(1)).toBeLessThanOrEqual(21 * 21);
    expect([at(labels, [12, 12]), at(labels, [28, 28]), at(labels, [33, 20])]).toEqual([1, 1, 0]);

    // Beside it another; the brush extends it to the first, and never into it.
    await page.drag([...square(50, 10, 20), [50, 10]]);
    const first = areasOf(await page.labels()).get(1);
    await page.press('b');
    await page.setPen('Brush', 6);
    await page.drag([
      [55, 20],
      [20, 20],
    ]);
    labels = await page.labels();
    expect([at(labels, [40, 20]), at(labels, [25, 20]), areasOf(labels).get(1)]).toEqual([2, 1, first]);

    // A stroke on background is a nucleus of its own.
    await page.drag([
      [60, 60],
      [80, 60],
    ]);
    expect(at(await page.labels(), [70, 60])).toBe(3);

    // The eraser takes from the nucleus where it begins alone.
    await page.press('e');
    await page.setPen('Eraser', 6);
    await page.drag([
      [40, 20],
      [20, 20],
    ]);
    labels = await page.labels();
    expect([at(labels, [40, 20]), areasOf(labels).get(1)]).toEqual([0, first]);
    // With Alt from all.
    await page.drag(
      [
        [15, 25],
        [20, 25],
      ],
      'Alt',
    );
    expect(at(await page.labels(), [17, 25])).toBe(0);

    // The hole is filled again.
    await page.press('v');
    await page.click([12, 12]);
    expect((await page.state()).selected).toEqual([1]);
    await page.press('h');
    expect(at(await page.labels(), [17, 25])).toBe(1);

    // Split from side to side, then merged again.
    const whole = areasOf(await page.labels()).get(1)!;
    await page.press('s');
    await page.drag([
      [20, 5],
      [20, 35],
    ]);
    labels = await page.labels();
    const halves = [at(labels, [13, 13]), at(labels, [27, 27])];
    expect(new Set(halves).size).toBe(2);
    expect(areasOf(labels).get(halves[0]!)! + areasOf(labels).get(halves[1]!)!).toBe(whole);
    await page.press('g');
    labels = await page.labels();
    expect([at(labels, [13, 13]), areasOf(labels).get(1)]).toEqual([at(labels, [27, 27]), whole]);

    // Nuclei that do not touch are not merged.
    await page.press('v');
    await page.click([12, 12]);
    await page.click([65, 60], { modifiers: ['Shift'] });
    expect((await page.state()).selected).toHaveLength(2);
    await page.press('g');
    expect(await page.message()).toContain('do not touch');

    // Smooth: the spur of nucleus 2 becomes shorter, its body stays.
    await page.click([60, 20]);
    const before = areasOf(await page.labels()).get(2)!;
    await page.press('k');
    labels = await page.labels();
    expect(at(labels, [60, 20])).toBe(2);
    expect(areasOf(labels).get(2)).not.toBe(before);

    // Delete, undo, redo, undo.
    await page.click([70, 60]);
    await page.press('Delete');
    expect(areasOf(await page.labels()).has(3)).toBe(false);
    await page.press('Control+z');
    expect(areasOf(await page.labels()).has(3)).toBe(true);
    await page.press('Control+Shift+Z');
    expect(areasOf(await page.labels()).has(3)).toBe(false);
    await page.press('Control+z');

    // Reviewed: what is drawn by hand is decided.
    await page.press('r');
    await page.page.locator('.queue .row.reviewed', { hasText: name }).waitFor();
    await page.saved();
    const state = await page.state();
    expect(state.reviewed).toBe(1);
    expect(state.objects.every(({ state }) => state === 'accepted')).toBe(true);

    // The log on the disk gives the same state, and nucleate reads the same nuclei.
    const log = readLog(dataset.folder, name.replace('.png', ''));
    expect(log.map(({ op }) => op)).toEqual([
      ...['lasso', 'lasso', 'brush', 'brush', 'erase', 'erase', 'fill', 'split', 'merge', 'smooth'],
      ...['delete', 'undo', 'redo', 'undo', 'review'],
    ]);
    const replayed = new AnnotationState(emptyParts({ width: side, height: side }));
    for (const event of log) {
      expect(replayed.refusal(event)).toBeUndefined();
      replayed.apply(event, event.seq);
    }
    expect(replayed.hash).toBe(state.hash);
    const shown = await page.labels();
    expect(replayed.labels).toEqual(shown);
    expect(samePartition(await readBack(name), shown)).toBe(true);
    expect(page.errors).toEqual([]);
    await page.close();
  },
);

test(
  'all of it with the keyboard alone: the pen goes by arrows, Enter presses it',
  { timeout: 120_000 },
  async () => {
    const page = await AnnotatePage.open(browser, server.link);
    await page.choose('keyboard.png');
    const arrow = async (key: string, steps: number) => {
      for (let step = 0; step < steps; step++) await page.page.keyboard.press(`Shift+Arrow${key}`);
    };
    // The first arrow shows the pen in the middle, (64, 64); each step with Shift is 10 px.
    await page.press('p', 'ArrowRight', 'Enter');
    await arrow('Right', 3);
    await arrow('Down', 3);
    await arrow('Left', 3);
    await page.page.keyboard.press('Enter');
    let labels = await page.labels();
    expect([at(labels, [66, 66]), at(labels, [92, 92]), at(labels, [60, 70])]).toEqual([1, 1, 0]);
    expect(areasOf(labels).get(1)).toBe(30 * 30);

    // Split: from above to below.
    await page.page.keyboard.press('s');
    await arrow('Right', 1);
    await arrow('Up', 4);
    await page.page.keyboard.press('Enter');
    await arrow('Down', 5);
    await page.page.keyboard.press('Enter');
    labels = await page.labels();
    expect([...areasOf(labels).values()].reduce((sum, area) => sum + area)).toBe(900);
    expect(areasOf(labels).size).toBe(2);

    // Select with Enter, then delete; the pen is hidden by Escape, and Tab leaves the image after another.
    await page.page.keyboard.press('v');
    await arrow('Up', 2);
    await arrow('Right', 1);
    await page.page.keyboard.press('Enter');
    await page.page.keyboard.press('Delete');
    expect(areasOf(await page.labels()).size).toBe(1);
    await page.page.keyboard.press('Escape');
    await page.page.keyboard.press('Escape');
    await page.page.keyboard.press('Tab');
    const focused = await page.page.locator('aside.tools button:focus, aside.tools input:focus').count();
    expect(focused).toBe(1);
    expect(page.errors).toEqual([]);
    await page.close();
  },
);
