import { expect, test } from 'vitest';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { boxesWithoutIgnored, withoutIgnored } from '../../src/eval/without-ignored.js';
import { drawing } from '../reference/draw.js';

const map = (...rows: string[]) => Uint8Array.from(drawing(...rows).labels);

test('an instance mostly in unreviewed pixels is removed, others lose only the pixels there', () => {
  const labelImage = drawing('1122333.', '1122....');
  // 1: two of four pixels, 2: three of four, 3: none.
  const ignore = map('.111....', '.111....');
  expect(withoutIgnored(labelImage, ignore)).toEqual({
    labelImage: drawing('1...333.', '1.......'),
    dropped: 1,
  });
  expect(withoutIgnored(labelImage, new Uint8Array(16))).toEqual({ labelImage, dropped: 0 });
  expect(() => withoutIgnored(labelImage, new Uint8Array(3))).toThrow(
    'Expected an ignore map of 16 pixels, received 3',
  );
});

test('nothing in unreviewed pixels is missed or extra', () => {
  const gt = drawing('11..22..', '11..22..');
  const pred = drawing('11.....5', '11..4445');
  const unreviewed = map('....1111', '....1111');
  const metrics = evaluateImage(gt, pred, { id: 'x', ignore: unreviewed });
  expect(metrics).toMatchObject({
    score: 1,
    gtCount: 1,
    predCount: 1,
    dropped: { gtCount: 1, predCount: 2 },
  });
  expect(metrics.errors).toMatchObject({ missed: 0, extra: 0 });
  // Without the map the second nucleus is missed, and two predictions are extra.
  const all = evaluateImage(gt, pred, { id: 'x' });
  expect(all).toMatchObject({ gtCount: 2, predCount: 3 });
  expect(all.dropped).toBeUndefined();
});

test('a map without marks changes nothing, except that dropped counts are given', () => {
  const gt = drawing('11..22..');
  const pred = drawing('111.2...');
  const { dropped, ...metrics } = evaluateImage(gt, pred, { id: 'x', ignore: new Uint8Array(8) });
  expect(metrics).toEqual(evaluateImage(gt, pred, { id: 'x' }));
  expect(dropped).toEqual({ gtCount: 0, predCount: 0 });
});

test('boxes mostly in unreviewed pixels are removed, with their scores', () => {
  const ignore = map('..11', '..11');
  const detected = {
    predBoxes: Float32Array.of(0, 0, 2, 2, /**/ 1, 0, 3, 2, /**/ 1, 0, 4, 2, /**/ 3, 0, 9, 2),
    scores: Float32Array.of(0.5, 0.25, 0.75, 1),
  };
  // The second lies half there, the third by two thirds, the fourth mostly beyond the image.
  expect(boxesWithoutIgnored(detected, ignore, { width: 4, height: 2 })).toEqual({
    predBoxes: Float32Array.of(0, 0, 2, 2, 1, 0, 3, 2, 3, 0, 9, 2),
    scores: Float32Array.of(0.5, 0.25, 1),
  });
});
