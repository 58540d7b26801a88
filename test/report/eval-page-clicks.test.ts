import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { evalPage } from '../../src/report/eval-page.js';
import { evaluateInPage, noChromium } from '../helpers/browser.js';
import { bar } from '../reference/draw.js';
import { documentOf, predictionOf, truthOf } from './scored.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-eval-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Clicks the heading of a column. Gives its sort direction and the names of the images from top to bottom. */
const clickOn = (column: number) => `(() => {
  const table = document.querySelector('table.sortable');
  const heading = table.tHead.rows[0].cells[${column}];
  heading.querySelector('button').click();
  const names = [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
  return [heading.getAttribute('aria-sort'), ...names];
})()`;

test(
  'the table of images sorts when its headings are clicked, under the CSP',
  { timeout: 120_000 },
  async ({ skip }) => {
    skip(noChromium !== '', noChromium);
    const truth = truthOf('t', { a: bar(20, [0, 20]), b: bar(20, [0, 20]), c: bar(20, [0, 20]) });
    // 12, 20 and 16 px of 20: scores 0.2, 1 and 0.6.
    const prediction = predictionOf('p', { a: bar(20, [0, 12]), b: bar(20, [0, 20]), c: bar(20, [0, 16]) });
    const page = join(folder, 'page.html');
    writeFileSync(
      page,
      await evalPage(await documentOf(truth, [prediction]), { truth, predictions: [prediction] }),
    );
    const scores = 3;
    const [before, ...clicks] = await evaluateInPage(page, [
      `[...document.querySelectorAll('table.sortable tbody th')].map((cell) => cell.textContent.trim())`,
      clickOn(scores),
      clickOn(scores),
      clickOn(0),
      clickOn(0),
    ]);
    expect(before).toEqual(['a', 'b', 'c']);
    expect(clicks).toEqual([
      // Numbers begin with the largest, names with the first in the alphabet.
      ['descending', 'b', 'c', 'a'],
      ['ascending', 'a', 'c', 'b'],
      ['ascending', 'a', 'b', 'c'],
      ['descending', 'c', 'b', 'a'],
    ]);
  },
);
