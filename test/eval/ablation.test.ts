import { describe, expect, test } from 'vitest';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { ablateImage, ablation } from '../../src/eval/ablation.js';
import type { ModelStages } from '../../src/eval/sources/source.js';
import { blank, drawing } from '../reference/draw.js';

const drawn = (labelImage: LabelImage) => ({ labelImage, withoutPixels: 0, overlapPixels: 0 });
const boxesOf = (...rows: [x1: number, y1: number, x2: number, y2: number, score: number][]) => ({
  predBoxes: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
  scores: Float32Array.from(rows, (row) => row[4]),
});

// 2 x 2, 2 x 2 and 4 x 1 px; labels have gaps.
const gt = drawing(
  '22..55', //
  '22..55',
  '......',
  '7777..',
);

/** A segmenter that fills its boxes, except those in `empty`. */
const filling = (empty: readonly number[] = [], scoreThreshold = 0.5) => {
  const asked: Float32Array[] = [];
  const stages: ModelStages = {
    scoreThreshold,
    segmentBoxes(_, boxes) {
      asked.push(boxes);
      const labelImage = blank(6, 4);
      const masks = Array.from({ length: boxes.length / 4 }, (__, k) => {
        if (empty.includes(k)) return undefined;
        const [x, y, x2, y2] = boxes.subarray(4 * k, 4 * k + 4) as unknown as number[];
        for (let row = y!; row < y2!; row++) labelImage.labels.fill(k + 1, 6 * row + x!, 6 * row + x2!);
        const [width, height] = [x2! - x!, y2! - y!];
        return { x: x!, y: y!, width, height, values: new Uint8Array(width * height).fill(255) };
      });
      return Promise.resolve({ labelImage, masks });
    },
  };
  return { stages, asked };
};
const each = (
  id: string,
  truth: Parameters<typeof ablateImage>[1],
  boxes = boxesOf(),
  stages = filling().stages,
) => ablateImage(id, truth, boxes, stages);

describe('one image', () => {
  test('true boxes: the segmenter gets the tight box of every nucleus, in the order of the labels', async () => {
    const { stages, asked } = filling([1]);
    const result = await ablateImage('x', drawn(gt), boxesOf(), stages);
    expect(asked).toEqual([Float32Array.of(0, 0, 2, 2, 4, 0, 6, 2, 0, 3, 4, 4)]);
    expect(result.masks).toEqual([
      { intersection: 4, union: 4 },
      { intersection: 0, union: 4 },
      { intersection: 4, union: 4 },
    ]);
    // Two of three at every threshold: 2 / (2 + 0 + 1).
    expect(result.trueBoxes).toBeCloseTo(2 / 3, 12);
  });

  test('true masks: a box that hits a nucleus gets its mask, a box that hits none is extra', async () => {
    const boxes = boxesOf(
      [0, 0, 2, 2, 0.9], // nucleus 2
      [0, 0, 2, 1, 0.8], // the same nucleus, IoU 2/4 = 0.5: not extra
      [4, 0, 5, 1, 0.7], // a quarter of nucleus 5: extra
      [0, 3, 4, 4, 0.4], // nucleus 7, below the score threshold
    );
    const result = await each('x', drawn(gt), boxes);
    expect(result).toMatchObject({ gtCount: 3, foundCount: 1 });
    // TP 1, FP 1, FN 2.
    expect(result.trueMasks).toBeCloseTo(1 / 4, 12);
    const lower = await each('x', drawn(gt), boxes, filling([], 0.4).stages);
    expect(lower.foundCount).toBe(2);
    expect(lower.trueMasks).toBeCloseTo(2 / 4, 12);
  });

  test('perfect stages score 1; so does an empty image without detections', async () => {
    const perfect = boxesOf([0, 0, 2, 2, 0.9], [4, 0, 6, 2, 0.9], [0, 3, 4, 4, 0.9]);
    expect(await each('x', drawn(gt), perfect)).toMatchObject({ trueBoxes: 1, trueMasks: 1, foundCount: 3 });
    const empty = drawn(blank(6, 4));
    expect(await each('x', empty)).toMatchObject({ gtCount: 0, masks: [], trueBoxes: 1, trueMasks: 1 });
    expect(await each('x', empty, perfect)).toMatchObject({ trueBoxes: 1, trueMasks: 0 });
  });

  test('unreviewed pixels count for neither stage', async () => {
    // The right half: nucleus 5 is removed; of no other more than half lies there.
    const ignore = Uint8Array.from({ length: 24 }, (_, pixel) => (pixel % 6 >= 3 ? 1 : 0));
    const { stages, asked } = filling();
    const truth = { ...drawn(gt), ignore };
    const boxes = boxesOf([0, 0, 2, 2, 0.9], [4, 0, 6, 2, 0.9], [0, 3, 3, 4, 0.9]);
    const result = await ablateImage('x', truth, boxes, stages);
    expect(asked).toEqual([Float32Array.of(0, 0, 2, 2, 0, 3, 3, 4)]);
    expect(result).toMatchObject({ gtCount: 2, foundCount: 2, trueBoxes: 1, trueMasks: 1 });
  });
});

test('boxes and masks are pooled over nuclei, scores are means over images, also by cluster', async () => {
  const one = { ...drawn(drawing('1.....', '......', '......', '......')), cluster: 'a' };
  const images = [
    await each('x', { ...drawn(gt), cluster: 'b' }, boxesOf([0, 0, 2, 2, 0.9]), filling([1]).stages),
    await each('y', one, boxesOf([0, 0, 1, 1, 0.9])),
  ];
  const { clusters, ...all } = ablation(images);
  // 2 of 4 boxes; IoUs 1, 0, 1 and 1; (2/3 + 1) / 2; (1/3 + 1) / 2.
  expect(all).toMatchObject({ gtCount: 4, boxRecall: 0.5, maskIou: 0.75 });
  expect(all.trueBoxes).toBeCloseTo(5 / 6, 12);
  expect(all.trueMasks).toBeCloseTo(2 / 3, 12);
  expect(clusters).toMatchObject([
    { cluster: 'a', gtCount: 1, boxRecall: 1, maskIou: 1, trueBoxes: 1, trueMasks: 1 },
    { cluster: 'b', gtCount: 3, boxRecall: 1 / 3, maskIou: 2 / 3 },
  ]);
  expect(ablation([await each('z', drawn(blank(6, 4)))])).toMatchObject({ boxRecall: null, maskIou: null });
});
