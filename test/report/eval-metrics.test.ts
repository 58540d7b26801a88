import { expect, test } from 'vitest';
import { metrics } from '../../src/eval/metrics/metrics.js';
import { thresholdMetrics } from '../../src/eval/metrics/threshold-metrics.js';
import { evalCsv } from '../../src/report/eval-csv.js';
import { evalPage } from '../../src/report/eval-page.js';
import { evalText } from '../../src/report/eval-text.js';
import { drawing } from '../reference/draw.js';
import { documentOf, predictionOf, truthOf } from './scored.js';

const truth = truthOf('t', { a: drawing('11..', '11..') });
const predictions = [predictionOf('p', { a: drawing('111.', '111.') })];

test('every listed metric is in the JSON, the text, the page and the CSV', async () => {
  const document = await documentOf(truth, predictions);
  const [target] = document.targets;
  const text = evalText(document);
  const page = await evalPage(document, { truth, predictions });
  const [header] = evalCsv(document).split('\n');
  for (const { key, label, description, range } of metrics) {
    const value = target![key]!;
    expect(value, key).toBeGreaterThanOrEqual(range[0]);
    expect(value, key).toBeLessThanOrEqual(range[1]);
    // One image: the summary is its value.
    expect(target!.images[0]![key], key).toBeCloseTo(value, 12);
    expect(text, key).toMatch(new RegExp(`^ .* ${label} `, 'mu'));
    expect(text, key).toContain(`  ${description}\n`);
    expect(page, key).toContain(`<th>${label}</th>`);
    expect(page, key).toContain(`[1] ${label}</button>`);
    expect(header!.split(','), key).toContain(key.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`));
  }
  for (const { key, label, description } of thresholdMetrics) {
    expect(target!.perThreshold[0]![key], key).toBe(1);
    expect(text, key).toMatch(new RegExp(`^IoU above .* ${label}(?: |$)`, 'mu'));
    expect(text, key).toContain(`  ${description}`);
  }
});

test('keys and labels are unique, descriptions have no full stop', () => {
  for (const list of [metrics, thresholdMetrics]) {
    expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
    expect(new Set(list.map(({ label }) => label)).size).toBe(list.length);
    for (const { description } of list) expect(description).not.toMatch(/\.$|\n/u);
  }
});
