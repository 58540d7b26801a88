import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Example } from '../../src/data/example.js';
import { readPairs } from '../../src/data/label-images.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { summarise } from '../../src/eval/summarise.js';
import { degradations } from '../reference/degrade.js';

interface Figures {
  score: number;
  aji: number;
  panopticQuality: number;
  tp: number[];
  fp: number[];
  fn: number[];
}

/** What test/fixtures/eval/make_reference.py has found. */
const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/eval/reference-mini.json'), 'utf8'),
) as Record<
  keyof typeof degradations,
  Figures & { images: Record<string, Figures & { meanMatchedIou: number | null }> }
>;

let examples: Example[];
beforeAll(async () => {
  examples = await readPairs(join(import.meta.dirname, '../../examples/dsb2018-mini'));
});

describe.each(['same', 'shifted', 'eroded', 'merged'] as const)('the sample, %s', (copy) => {
  const evaluate = () =>
    examples.map(({ id, labelImage }) => evaluateImage(labelImage, degradations[copy](labelImage), { id }));

  test('each image', () => {
    const images = evaluate();
    expect(images).toHaveLength(24);
    for (const { id, tp, fp, fn, ...figures } of images) {
      const expected = reference[copy].images[id]!;
      expect({ tp, fp, fn }, id).toEqual({ tp: expected.tp, fp: expected.fp, fn: expected.fn });
      for (const name of ['score', 'aji', 'panopticQuality', 'meanMatchedIou'] as const) {
        if (expected[name] === null) expect(figures[name], id).toBeNull();
        else expect(figures[name], id).toBeCloseTo(expected[name], 12);
      }
    }
  });

  test('all together', () => {
    const { perThreshold, score, aji, panopticQuality } = summarise(evaluate());
    const expected = reference[copy];
    expect(score).toBeCloseTo(expected.score, 12);
    expect(aji).toBeCloseTo(expected.aji, 12);
    expect(panopticQuality).toBeCloseTo(expected.panopticQuality, 12);
    for (const kind of ['tp', 'fp', 'fn'] as const) {
      expect(perThreshold.map((figures) => figures[kind])).toEqual(expected[kind]);
    }
  });
});

test('the truth against itself scores exactly 1', () => {
  const images = examples.map(({ id, labelImage }) => evaluateImage(labelImage, labelImage, { id }));
  expect(summarise(images).score).toBe(1);
});
