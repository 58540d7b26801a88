import { expect, test } from 'vitest';
import { type CropMaps, segmenterTargets } from '../../../src/models/segmenter/targets.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const size = 12;
type Rows = boolean[][];

/** Discs of random places and sizes, cut into this nucleus and neighbours, and some pixels that nobody reviewed. */
function drawMaps(seed: number): Record<keyof CropMaps, Rows> {
  const random = randomFor(seed);
  const disc = () => {
    const [x, y, radius] = [random.integer(size), random.integer(size), 1 + 3 * random.uniform()];
    return (v: number, u: number) => Math.hypot(u - x, v - y) < radius;
  };
  const [body, one, other] = [disc(), disc(), disc()] as const;
  const rows = (isIn: (v: number, u: number) => boolean): Rows =>
    Array.from({ length: size }, (_, v) => Array.from({ length: size }, (_, u) => isIn(v, u)));
  return {
    masks: rows(body),
    neighbours: rows((v, u) => !body(v, u) && (one(v, u) || other(v, u))),
    ignore: rows(() => random.uniform() < 0.05),
  };
}

const tensors = (maps: Record<keyof CropMaps, Rows>[]) =>
  Object.fromEntries(
    (['masks', 'neighbours', 'ignore'] as const).map((name) => [
      name,
      tf.tensor3d(
        maps.map((map) => map[name]),
        undefined,
        'bool',
      ),
    ]),
  ) as unknown as CropMaps;

const isNear = (map: Rows, v: number, u: number, by: number) =>
  map.some((row, y) => row.some((isIn, x) => isIn && Math.max(Math.abs(y - v), Math.abs(x - u)) <= by));

test.each(['gap', 'outline', 'neighbours'] as const)(
  'classes and weights with `%s`, pixel by pixel',
  (border) => {
    const maps = [1, 2, 3, 4].map(drawMaps);
    const targets = segmenterTargets(tensors(maps), { border, borderWidth: 2, gapWeight: 3 });
    const classes = targets.classes.arraySync();
    const weights = targets.weights.arraySync();
    const seen = new Set<number>();
    for (const [n, { masks, neighbours, ignore }] of maps.entries()) {
      for (let v = 0; v < size; v++) {
        for (let u = 0; u < size; u++) {
          const isGap = isNear(masks, v, u, 2) && isNear(neighbours, v, u, 2);
          const isBorder = { gap: isGap, outline: isNear(masks, v, u, 2), neighbours: neighbours[v]![u]! }[
            border
          ];
          const expected = masks[v]![u] ? 1 : isBorder ? 2 : 0;
          expect(classes[n]![v]![u], `${n} ${v} ${u}`).toEqual(
            [0, 1, 2].map((k) => (k === expected ? 1 : 0)),
          );
          expect(weights[n]![v]![u]![0]).toBe(ignore[v]![u] ? 0 : isGap ? 3 : 1);
          seen.add(expected);
        }
      }
    }
    expect(seen.size).toBe(3);
  },
);

test('leaves only its two tensors', () => {
  const maps = tensors([drawMaps(1)]);
  const options = { border: 'gap', borderWidth: 1, gapWeight: 2 } as const;
  expectNewTensors(() => ({ ...segmenterTargets(maps, options) }), 2);
});
