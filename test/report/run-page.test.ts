import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodePng } from '../../src/data/image/image-io.js';
import { curveCharts } from '../../src/report/charts.js';
import { runCharts } from '../../src/report/run-charts.js';
import { runPage } from '../../src/report/run-page.js';
import { runText } from '../../src/report/run-text.js';
import { curvesOf } from '../../src/run/curves.js';
import type { RunDocument } from '../../src/run/run-document.js';
import { chromium, evaluateInPage } from '../helpers/browser.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-run-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hostile = '<script>alert(1)</script>"\u001b[31m\u202e';

const records = Array.from({ length: 600 }, (_, index) => ({
  ...{ step: index + 1, kind: 'train', loss: 10 / (index + 1), boxes: 5 / (index + 1) },
  ...{ gradientNorm: index === 9 ? 0 : 2, learningRate: 0.1, epoch: 1, stepMs: 90, dataMs: 1 },
}));
const validations = [200, 400, 600].map((step) => ({
  ...{
    step,
    kind: 'validation',
    score: step / 1000,
    ap: step / 1000,
    ap50: 0,
    omitted: 12,
    'cluster-a/ap': 0.25,
  },
  ...{ 'cluster-a/score': 0.5, 'small/recall50': null, [`${hostile}/ap`]: 0.125, seconds: 60 },
}));

const names = { scoreName: 'box AP', lossNames: ['boxes'], metricNames: ['ap', 'ap50'] };

function documentOf(lines: Parameters<typeof curvesOf>[0]): RunDocument {
  return {
    summary: {
      ...{
        folder: `runs/${hostile}`,
        task: 'detector',
        state: 'failed',
        message: hostile,
        step: 600,
        steps: 900,
      },
      ...{
        best: { step: 600, score: 0.6 },
        scoreName: 'box AP',
        data: hostile,
        started: null,
        updated: null,
        seconds: 4000,
        bytes: 5e8,
      },
    },
    ...{ config: { seed: 7, data: { path: hostile } }, configText: `# ${hostile}` },
    environment: { device: 'cpu', host: hostile, gpu: { name: hostile } },
    ...{ git: {}, dataset: { train: { images: 3, nuclei: 40 }, validationIsUnseen: false } },
    checkpoints: [
      {
        ...{ step: 600, score: 0.6, bytes: 1e6, isLatest: true, isBest: true },
        state: 'whole',
        problem: null,
      },
      {
        ...{ step: 400, score: null, bytes: 0, isLatest: false, isBest: false },
        state: 'damaged',
        problem: hostile,
      },
    ],
    names,
    curves: curvesOf(lines, names),
    damagedLines: 1,
  };
}

const png = await encodePng({ width: 3, height: 1, channels: 3, data: new Uint8Array(9) });
const images = {
  step: 600,
  images: [
    { id: 'b', score: 0.75 },
    { id: hostile, cluster: hostile, score: 0.25 },
    { id: 'empty', score: null },
  ],
  drawn: [
    { id: hostile, kind: 'worst' as const, score: 0.25, png },
    { id: 'b', kind: 'best' as const, score: 0.75, png },
  ],
};

test('a page shows the whole run, escapes all text, and loads nothing', () => {
  const page = runPage(documentOf([...records, ...validations]), images);
  expect(page).toContain('default-src &#39;none&#39;');
  expect(page.match(/<script/gu)).toHaveLength(1);
  expect(page).not.toMatch(/[\u001b\u202e]|(?:src|href)="(?!data:)|url\(|<a /u);
  expect(page.match(/src="data:image\/png/gu)).toHaveLength(2);
  const text = page.replaceAll(/<[^>]*>/gu, ' ').replaceAll(/\s+/gu, ' ');
  expect(text).toContain('box AP 0.6000 at step 600');
  expect(text).toContain('3 images, 40 nuclei');
  expect(text).toContain('scores are not of unseen images');
  // Counts are printed without decimals; a cluster has its own row, with its score first.
  expect(text).toContain('600 (best) 0.6000 0.6000 0 12 1.0 min');
  expect(text).toMatch(/cluster-a 0\.5000 0\.2500 -/u);
  expect(text).toContain('box AP 0.2500, cluster &lt;script&gt;alert(1)&lt;/script&gt;');
});

test('a run that has just started has a page, too', () => {
  const page = runPage({ ...documentOf([]), checkpoints: [], configText: '' }, null);
  expect(page).not.toMatch(/NaN|undefined|Infinity/u);
  expect(page.match(/None yet\./gu)).toHaveLength(2);
});

test('charts show the named metrics, no zeros on a logarithmic scale, and long curves thinned', () => {
  const charts = runCharts(curvesOf([...records, ...validations], names), names);
  expect(charts.map(({ title, curves }) => [title, curves.map(({ name }) => name)])).toEqual([
    ['Loss', ['loss']],
    ['Parts of the loss', ['boxes']],
    ['Validation', ['box AP', 'ap50']],
    ['Learning rate', ['learningRate']],
    ['Gradient norm, before clipping', ['gradientNorm']],
    ['Time of a step, and of waiting for its batch, ms', ['stepMs', 'dataMs']],
  ]);
  for (const { curves } of charts)
    for (const { steps, values } of curves) {
      expect(steps.length).toBe(values.length);
      expect(steps.length).toBeLessThanOrEqual(300);
    }
  expect(Math.min(...charts[4]!.curves[0]!.values)).toBeGreaterThan(0);
  expect(runCharts(curvesOf([], names), names)).toEqual([]);
  const svg = curveCharts(charts);
  for (const { title } of charts) expect(svg).toContain(`>${title}<`);
  // Three rows of two charts.
  expect(svg).toMatch(/^<svg width="1120" height="1020"/u);
  expect(svg).not.toMatch(/NaN|<script|<image|href/u);
});

test('text output fits 80 columns, except for names and paths of the run', () => {
  const document = documentOf([...records, ...validations]);
  const plain = { ...document, summary: { ...document.summary, folder: 'runs/a', message: null } };
  const lines = runText(plain, { metrics: 'runs/a/metrics.jsonl' }, 80).split('\n');
  for (const line of lines.filter((text) => !text.includes('script')))
    expect(line.length).toBeLessThanOrEqual(80);
  expect(lines).toContain('  step 600       whole        1 MB  box AP 0.6000  latest, best');
  expect(lines).toContain('1 line of metrics.jsonl cannot be read');
  expect(lines.join('\n')).not.toMatch(/NaN|undefined/u);
});

test.runIf(chromium)(
  'in a browser: charts and pictures are shown, and images can be sorted by score',
  async () => {
    const page = path.join(folder, 'page.html');
    writeFileSync(page, runPage(documentOf([...records, ...validations]), images));
    const [widths, sorted] = await evaluateInPage(page, [
      '[...document.images].map((image) => image.naturalWidth)',
      `(() => {
      const table = document.querySelector('table.sortable');
      table.tHead.rows[0].cells[2].querySelector('button').click();
      return [...table.tBodies[0].rows].map((row) => row.cells[2].textContent.trim());
    })()`,
    ]);
    expect(widths).toEqual([1120, 3, 3]);
    expect(sorted).toEqual(['0.7500', '0.2500', '-']);
  },
  60_000,
);
