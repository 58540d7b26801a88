import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPatch, type Patch, problemOfPatch } from '../../../src/annotate/protocol/patch.js';
import { BoundsIndex } from '../../../src/annotate-page/tools/bounds.js';
import type { Point } from '../../../src/data/geometry/linear-map.js';
import type { LabelMap } from '../../../src/annotate-page/tools/label-map.js';
import { connectedParts } from '../../../src/annotate-page/tools/parts.js';
import { addMask, fillHoles, lassoMask, reshape, smooth } from '../../../src/annotate-page/tools/shape.js';
import { split } from '../../../src/annotate-page/tools/split.js';
import { brush, erase } from '../../../src/annotate-page/tools/stroke.js';
import { mergeNuclei, removeNuclei } from '../../../src/annotate-page/tools/whole.js';

/** Label of whatever is drawn new. */
const fresh = 100;

/** Maps of 8 to 24 px on a side with a few rectangles, later ones over earlier ones. */
const maps: fc.Arbitrary<LabelMap> = fc
  .record({
    width: fc.integer({ min: 8, max: 24 }),
    height: fc.integer({ min: 8, max: 24 }),
    boxes: fc.array(
      fc.tuple(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  })
  .map(({ width, height, boxes }) => {
    const labels = new Uint32Array(width * height);
    boxes.forEach(([x, y, across, down], index) => {
      for (let row = y; row < Math.min(y + down, height); row++)
        for (let column = x; column < Math.min(x + across, width); column++)
          labels[row * width + column] = index + 1;
    });
    return { width, height, labels };
  });

/** Quarters of pixels: fast-check's doubles are nearly all close to 0. */
const coordinate = fc.integer({ min: -20, max: 116 }).map((quarters) => quarters / 4);
const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 6 });
const radii = fc.integer({ min: 0, max: 24 }).map((quarters) => quarters / 4);

/** Every tool on a map, with the labels that it may change or make, besides background. */
const edits: fc.Arbitrary<{ map: LabelMap; patch: Patch | undefined; own: readonly number[] }> = fc
  .record({ map: maps, points, radius: radii, tool: fc.integer({ min: 0, max: 8 }), choice: fc.nat() })
  .map(({ map, points, radius, tool, choice }) => {
    const nuclei = [...new BoundsIndex(map)].map(([label, bounds]) => ({ label, bounds }));
    const one = nuclei[choice % nuclei.length];
    const stroke = { points, radius };
    const mask = lassoMask(map, points);
    if (tool === 0)
      return { map, patch: brush(map, stroke, { label: fresh, overwrites: false }), own: [fresh] };
    if (tool === 1) return { map, patch: addMask(map, mask, fresh), own: [fresh] };
    if (!one) return { map, patch: undefined, own: [] };
    const { label, bounds } = one;
    const other = nuclei[(choice + 1) % nuclei.length]!;
    const made: Record<number, { patch: Patch | undefined; own: readonly number[] }> = {
      2: { patch: erase(map, stroke, label), own: [label] },
      3: { patch: reshape(map, mask, one), own: [label] },
      4: { patch: fillHoles(map, label, bounds), own: [label] },
      5: { patch: smooth(map, label, bounds), own: [label] },
      6: { patch: removeNuclei(map, [one]), own: [label] },
      7: { patch: mergeNuclei(map, [one, other]), own: [label, other.label] },
      8: cutUp(map, points, one),
    };
    return { map, ...made[tool]! };
  });

function cutUp(
  map: LabelMap,
  line: readonly Point[],
  one: { label: number; bounds: NonNullable<ReturnType<BoundsIndex['get']>> },
) {
  const made = split(map, line, { ...one, nextLabel: fresh });
  return { patch: made?.patch, own: [one.label, ...(made?.newLabels ?? [])] };
}

test('no tool changes a pixel of another nucleus, and patches fit into the image', () => {
  fc.assert(
    fc.property(edits, ({ map, patch, own }) => {
      if (!patch) return;
      expect(problemOfPatch(patch, map)).toBeUndefined();
      const after = map.labels.slice();
      applyPatch(after, map.width, patch);
      let changes = 0;
      after.forEach((label, at) => {
        const before = map.labels[at]!;
        if (label === before) return;
        changes++;
        // No expect here: a call for each pixel would take most of the time.
        for (const touched of [before, label])
          if (touched !== 0 && !own.includes(touched)) throw new Error(`Nucleus ${touched} was changed.`);
      });
      expect(changes).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

test('a patch and the one that takes it back change nothing together', () => {
  fc.assert(
    fc.property(edits, ({ map, patch }) => {
      if (!patch) return;
      const labels = map.labels.slice();
      applyPatch(labels, map.width, applyPatch(labels, map.width, patch));
      expect(labels).toEqual(map.labels);
    }),
    { numRuns: 1000 },
  );
});

/** Number of connected parts of a label. */
const partsOf = ({ width, height, labels }: LabelMap, label: number): number =>
  connectedParts(
    Array.from(labels, (other) => (other === label ? 1 : 0)),
    { width, height },
  ).areas.length - 1;

test('a cut gives connected parts of the same pixels', () => {
  let cuts = 0;
  fc.assert(
    fc.property(maps, points, fc.nat(), (map, line, choice) => {
      const nuclei = [...new BoundsIndex(map)];
      const [label, bounds] = nuclei[choice % Math.max(1, nuclei.length)] ?? [];
      if (label === undefined || !bounds) return;
      const made = split(map, line, { label, bounds, nextLabel: fresh });
      if (!made) return;
      cuts++;
      const after = { ...map, labels: map.labels.slice() };
      applyPatch(after.labels, map.width, made.patch);
      const parts = [label, ...made.newLabels];
      for (const part of parts) expect(partsOf(after, part)).toBe(1);
      expect(map.labels.every((before, at) => parts.includes(after.labels[at]!) === (before === label))).toBe(
        true,
      );
    }),
    { numRuns: 1500 },
  );
  expect(cuts).toBeGreaterThan(100);
});

test('nuclei are merged exactly if they touch', () => {
  const outcomes = { merged: 0, refused: 0 };
  fc.assert(
    fc.property(maps, fc.nat(), (map, choice) => {
      const nuclei = [...new BoundsIndex(map)].map(([label, bounds]) => ({ label, bounds }));
      if (nuclei.length < 2) return;
      const [one, other] = [nuclei[choice % nuclei.length]!, nuclei[(choice + 1) % nuclei.length]!];
      const patch = mergeNuclei(map, [one, other]);
      outcomes[patch ? 'merged' : 'refused']++;
      expect(patch !== undefined).toBe(touchSlowly(map, one.label, other.label));
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(outcomes.merged, outcomes.refused)).toBeGreaterThan(50);
});

/** Every pair of pixels. */
function touchSlowly({ width, labels }: LabelMap, one: number, other: number): boolean {
  const of = (label: number) => [...labels.keys()].filter((at) => labels[at] === label);
  return of(one).some((at) =>
    of(other).some(
      (near) =>
        Math.abs((at % width) - (near % width)) <= 1 &&
        Math.abs(Math.floor(at / width) - Math.floor(near / width)) <= 1,
    ),
  );
}

test('bounds that follow patches are those measured anew', () => {
  fc.assert(
    fc.property(
      maps,
      fc.array(fc.tuple(points, radii, fc.integer({ min: 0, max: 8 })), { maxLength: 6 }),
      (map, strokes) => {
        const index = new BoundsIndex(map);
        for (const [stroke, radius, label] of strokes) {
          const patch =
            label === 0
              ? erase(map, { points: stroke, radius }, undefined)
              : brush(map, { points: stroke, radius }, { label, overwrites: true });
          if (patch) index.update(patch, applyPatch(map.labels, map.width, patch));
        }
        const byLabel = (bounds: BoundsIndex) => [...bounds].sort(([one], [other]) => one - other);
        expect(byLabel(index)).toEqual(byLabel(new BoundsIndex(map)));
      },
    ),
    { numRuns: 300 },
  );
});
