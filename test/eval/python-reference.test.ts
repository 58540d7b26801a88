import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Example } from '../../src/data/read/example.js';
import { readAll } from '../data/read-all.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { summarise } from '../../src/eval/summarise.js';
import { degradations } from '../reference/degrade.js';

interface ReferenceMetrics {
  score: number;
  aji: number;
  panopticQuality: number;
  tp: number[];
  fp: number[];
  fn: number[];
}

/** Written by test/fixtures/eval/make_reference.py. */
const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/eval/reference-mini.json'), 'utf8'),
) as Record<
  keyof typeof degradations,
  ReferenceMetrics & { images: Record<string, ReferenceMetrics & { meanMatchedIou: number | null }> }
>;

let examples: Example[];
beforeAll(async () => {
  examples = await readAll(join(import.meta.dirname, '../../examples/dsb2018-mini'));
});

describe.each(['same', 'shifted', 'eroded', 'merged'] as const)('the sample, %s', (copy) => {
  const evaluate = () =>
    examples.map(({ id, labelImage }) => evaluateImage(labelImage, degradations[copy](labelImage), { id }));

  test('each image', () => {
    const images = evaluate();
    expect(images).toHaveLength(24);
    for (const { id, tp, fp, fn, ...metrics } of images) {
      const expected = reference[copy].images[id]!;
      expect({ tp, fp, fn }, id).toEqual({ tp: expected.tp, fp: expected.fp, fn: expected.fn });
      for (const name of ['score', 'aji', 'panopticQuality', 'meanMatchedIou'] as const) {
        if (expected[name] === null) expect(metrics[name], id).toBeNull();
        else expect(metrics[name], id).toBeCloseTo(expected[name], 12);
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
      expect(perThreshold.map((pooled) => pooled[kind])).toEqual(expected[kind]);
    }
  });
});

/** Written by test/fixtures/eval/make_agreement.py, which names the differences between the definitions. */
const agreement = (name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../fixtures/eval/agreement-${name}.json`), 'utf8'),
  ) as Record<
    keyof typeof degradations,
    {
      differing: number;
      stardist: ReferenceMetrics;
      cellpose: Omit<ReferenceMetrics, 'panopticQuality'>;
      images?: {
        stardist: Record<string, ReferenceMetrics>;
        cellpose: Record<string, Omit<ReferenceMetrics, 'panopticQuality'>>;
      };
    }
  >;
type Copy = keyof typeof degradations;
const copies: readonly Copy[] = ['same', 'shifted', 'eroded', 'merged'];

describe('stardist and cellpose agree', () => {
  test.each(copies)('on each image of the sample, %s', (copy) => {
    const found = agreement('mini')[copy];
    for (const { id, labelImage } of examples) {
      const { tp, fp, fn, score, panopticQuality } = evaluateImage(
        labelImage,
        degradations[copy](labelImage),
        { id },
      );
      for (const tool of ['stardist', 'cellpose'] as const) {
        const { score: theirs, ...counts } = found.images![tool][id]!;
        expect(counts, `${tool} ${id}`).toMatchObject({ tp, fp, fn });
        // float32
        expect(score, `${tool} ${id}`).toBeCloseTo(theirs, 6);
      }
      expect(panopticQuality, id).toBeCloseTo(found.images!.stardist[id]!.panopticQuality, 6);
    }
  });

  test.each(copies)('with the plain reference on all 670 training images, %s', (copy) => {
    const plain = JSON.parse(
      readFileSync(join(import.meta.dirname, '../fixtures/eval/reference-670.json'), 'utf8'),
    ) as Record<Copy, ReferenceMetrics>;
    const { score, tp, fp, fn } = plain[copy];
    const { differing, stardist, cellpose } = agreement('670')[copy];
    expect(differing).toBe(0);
    for (const tool of [stardist, cellpose]) {
      expect(tool).toMatchObject({ tp, fp, fn });
      expect(tool.score).toBeCloseTo(score, 6);
    }
  });
});

test('the truth against itself scores exactly 1', () => {
  const images = examples.map(({ id, labelImage }) => evaluateImage(labelImage, labelImage, { id }));
  expect(summarise(images).score).toBe(1);
});
