import { expect, test } from 'vitest';
import type { Image } from '../../src/data/image/image.js';
import { drawBoxes } from '../../src/draw/box-overlay.js';

const image: Image = { width: 5, height: 4, channels: 1, data: new Uint8Array(20) };
const red = [255, 0, 0] as const;
const blue = [0, 0, 255] as const;

/** R, B or . for each pixel. */
const draw = (drawn: Parameters<typeof drawBoxes>[1]) => {
  const { data } = drawBoxes(image, drawn);
  const letters = Array.from({ length: 20 }, (_, i) => (data[3 * i] ? 'R' : data[3 * i + 2] ? 'B' : '.'));
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join(''));
};

test('lines run along the inside of half-open boxes', () => {
  const drawn = draw([{ boxes: [{ x1: 1, y1: 0, x2: 4.2, y2: 3.4 }], colour: red }]);
  expect(drawn).toEqual(['.RRR.', '.R.R.', '.RRR.', '.....']);
});

test('later boxes cover earlier ones; boxes are clipped to the image; empty boxes are not drawn', () => {
  const drawn = draw([
    { boxes: [{ x1: -3, y1: -3, x2: 2, y2: 2 }], colour: red },
    {
      boxes: [
        { x1: 1, y1: 1, x2: 9, y2: 2 },
        { x1: 3, y1: 3, x2: 3, y2: 4 },
      ],
      colour: blue,
    },
  ]);
  expect(drawn).toEqual(['RR...', 'RBBBB', '.....', '.....']);
});

test('the image itself is not changed', () => {
  draw([{ boxes: [{ x1: 0, y1: 0, x2: 5, y2: 4 }], colour: red }]);
  expect(image.data.every((value) => value === 0)).toBe(true);
});
