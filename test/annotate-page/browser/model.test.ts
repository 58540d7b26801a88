import type { Browser } from '@playwright/test';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../cli/run-nucleate.js';
import { AnnotatePage, startBrowser } from './annotate-page.js';
import { type AnnotateServer, readLog, startServer } from './annotate-server.js';

/** Fluorescence, 256 x 256 px, with well separated nuclei. */
const name = 'a-5afb7932.png';

let server: AnnotateServer;
let browser: Browser;
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-annotate-model-'));
beforeAll(async () => {
  cpSync(path.join(root, 'examples/dsb2018-mini', name), path.join(folder, name));
  cpSync(path.join(root, 'examples/dsb2018-mini', 'a-64eeef16.png'), path.join(folder, 'second.png'));
  [server, browser] = await Promise.all([startServer(folder), startBrowser()]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(
  'the model proposes, the person decides, the region is reviewed; a box and a click give masks',
  { timeout: 300_000 },
  async () => {
    const page = await AnnotatePage.open(browser, server.link);
    await page.choose(name);
    page.page.setDefaultTimeout(120_000);
    await page.press('d');
    await page.page.locator('.toast', { hasText: 'The model proposes' }).waitFor();
    const proposed = (await page.state()).objects;
    expect(proposed.length).toBeGreaterThan(3);
    expect(proposed.every(({ state, source }) => state === 'proposed' && source === 'model')).toBe(true);

    // Nothing is finished while it is undecided.
    await page.press('r');
    expect(await page.message()).toContain(`${proposed.length} nuclei are undecided`);
    await page.press('n');
    expect(await page.message()).toContain('undecided');

    // The least certain first.
    const scores = new Map(proposed.map(({ id, score }) => [id, score!]));
    await page.press('Tab');
    const [first] = (await page.state()).selected;
    expect(scores.get(first!)).toBe(Math.min(...scores.values()));
    await page.press('x');
    const [second] = (await page.state()).selected;
    expect(scores.get(second!)).toBeGreaterThanOrEqual(scores.get(first!)!);
    await page.press('a');
    let state = await page.state();
    expect(state.objects.map(({ id }) => id)).not.toContain(first);
    expect(state.objects.find(({ id }) => id === second)).toMatchObject({
      state: 'accepted',
      source: 'model',
    });
    await page.press('0', 'Shift+A');
    state = await page.state();
    expect(state.objects.filter(({ state }) => state === 'proposed')).toEqual([]);

    // A nucleus that was deleted is found again in a box, and by a click.
    const labels = await page.labels();
    const areas = new Map<number, number>();
    for (const label of labels) if (label !== 0) areas.set(label, (areas.get(label) ?? 0) + 1);
    const [largest] = [...areas].sort(([, one], [, other]) => other - one)[0]!;
    const pixels = [...labels.keys()].filter((at) => labels[at] === largest);
    const [xs, ys] = [pixels.map((at) => at % 256), pixels.map((at) => Math.floor(at / 256))];
    const [left, right] = [Math.min(...xs), Math.max(...xs) + 1];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys) + 1];
    const middle = [(left + right) / 2, (top + bottom) / 2] as const;
    /** Intersection over union with the mask that the model had proposed. */
    const overlap = async () => {
      const { selected } = await page.state();
      const now = await page.labels();
      let [both, either] = [0, 0];
      now.forEach((label, at) => {
        const [isNow, wasBefore] = [label === selected[0], labels[at] === largest];
        if (isNow && wasBefore) both++;
        if (isNow || wasBefore) either++;
      });
      return both / either;
    };
    for (const tool of ['m', 'f'] as const) {
      await page.press('v');
      await page.click(middle);
      await page.press('Delete');
      const { seq } = await page.state();
      await page.press(tool);
      if (tool === 'm')
        await page.drag([
          [left, top],
          [right, bottom],
        ]);
      else await page.click(middle);
      await page.waitForSeq(seq + 1);
      expect(await overlap()).toBeGreaterThan(0.7);
    }

    await page.press('r');
    await page.page.locator('.queue .row.reviewed', { hasText: name }).waitFor();
    await page.press('n');
    await page.page.locator('h2.title', { hasText: 'second.png' }).waitFor();
    const log = readLog(folder, 'a-5afb7932');
    expect(log.map(({ op }) => op)).toEqual([
      ...['propose', 'reject', 'accept', 'accept', 'delete', 'segment', 'delete', 'segment', 'review'],
    ]);
    expect(log[0]!.model).toMatch(/^[0-9a-f]{8,}$/u);
    expect(page.errors).toEqual([]);
    await page.close();
  },
);

test('export writes files for other programs and says where', { timeout: 120_000 }, async () => {
  const page = await AnnotatePage.open(browser, server.link);
  await page.page.locator('#export').click();
  await page.page.locator('#exported', { hasText: 'images are in' }).waitFor({ timeout: 60_000 });
  expect(page.errors).toEqual([]);
  await page.close();
});
