import fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesOfLabels } from '../../../src/data/geometry/label-pieces.js';

const images = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      labels: fc
        .array(fc.integer({ min: 0, max: 2 }), { minLength: width * height, maxLength: width * height })
        .map((labels) => Int32Array.from(labels)),
    }),
  );

/** Piece by piece, with a stack. */
function slowPieces({ width, height, labels }: { width: number; height: number; labels: Int32Array }) {
  const numbers = new Int32Array(width * height);
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? undefined : labels[y * width + x];
  const sides = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const;
  const pieces = [];
  for (let start = 0; start < labels.length; start++) {
    const label = labels[start]!;
    if (label === 0 || numbers[start] !== 0) continue;
    const piece = { label, area: 0, isThick: false, touches: false };
    pieces.push(piece);
    const stack = [start];
    numbers[start] = pieces.length;
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [x, y] = [next % width, Math.floor(next / width)];
      piece.area++;
      const beside = sides.map(([dx, dy]) => at(x + dx, y + dy));
      if (beside.every((value) => value === undefined || value === label)) piece.isThick = true;
      if (beside.some((value) => value !== undefined && value !== 0 && value !== label)) piece.touches = true;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const place = (y + dy) * width + x + dx;
          if (at(x + dx, y + dy) !== label || numbers[place] !== 0) continue;
          numbers[place] = pieces.length;
          stack.push(place);
        }
    }
  }
  return { pieces, numbers };
}

test('pieces are those that are found one by one', () => {
  fc.assert(
    fc.property(images, (image) => {
      const numbers = new Int32Array(image.labels.length);
      const pieces = piecesOfLabels(image.labels, image, numbers);
      expect({ pieces, numbers }).toEqual(slowPieces(image));
    }),
    { numRuns: 500 },
  );
});
