import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCut, isInCore, mergeTiles, planTiles, type Tiling } from '../../src/predict/tiles.js';
import { randomFor } from '../../src/random.js';

const tilings: fc.Arbitrary<Tiling> = fc
  .record({
    alignment: fc.constantFrom(7, 16, 32),
    steps: fc.integer({ min: 1, max: 6 }),
    overlap: fc.integer({ min: 0, max: 100 }),
    zoom: fc.constantFrom(0.5, 1, 1.5, 1.7, 2),
  })
  .map(({ alignment, steps, overlap, zoom }) => ({
    alignment,
    overlap,
    zoom,
    tileSize: overlap + steps * alignment,
  }));
const sizes = fc.record({
  width: fc.integer({ min: 1, max: 150 }),
  height: fc.integer({ min: 1, max: 70 }),
});

test('two tiles overlap in the middle of the image; their cores meet in the middle of that', () => {
  const tiling = { tileSize: 64, overlap: 16, zoom: 2, alignment: 8 };
  const tiles = planTiles({ width: 50, height: 20 }, tiling);
  // 50 px are 100 of the network: two tiles of 64 overlap by 28, but the second begins at a multiple of 8.
  expect(tiles).toEqual([
    {
      column: 0,
      row: 0,
      window: { x: 0, y: 0, side: 32 },
      core: { x1: 0, y1: 0, x2: 26, y2: 20 },
      neighbours: { left: -Infinity, top: -Infinity, right: 20, bottom: Infinity },
    },
    {
      column: 1,
      row: 0,
      window: { x: 20, y: 0, side: 32 },
      core: { x1: 26, y1: 0, x2: 50, y2: 20 },
      neighbours: { left: 32, top: -Infinity, right: Infinity, bottom: Infinity },
    },
  ]);
});

test('one tile for a single pixel, 441 for 20,000 x 20,000', () => {
  const tiling = { tileSize: 1024, overlap: 64, zoom: 1, alignment: 32 };
  expect(planTiles({ width: 1, height: 1 }, tiling)).toHaveLength(1);
  expect(planTiles({ width: 20_000, height: 20_000 }, tiling)).toHaveLength(21 ** 2); // (20000 - 64) / 960 = 20.8
});

test('of steps that differ the shorter ones come first', () => {
  // 104 px: the last tile begins 5 steps of 8 behind the first. One step is at most 3, so two are 2 and 3.
  const tiles = planTiles({ width: 104, height: 64 }, { tileSize: 64, overlap: 40, zoom: 1, alignment: 8 });
  expect(tiles.map(({ window }) => window.x)).toEqual([0, 16, 40]);
});

describe('a nucleus is cut if it reaches an edge and begins well within the neighbour', () => {
  // Two tiles of 64 px, at 0 and at 36; the margin is 1 px.
  const tiling = { tileSize: 64, overlap: 20, zoom: 1, alignment: 4 };
  const [left, right] = planTiles({ width: 100, height: 64 }, tiling);
  const [upper, lower] = planTiles({ width: 64, height: 100 }, tiling);
  const wide = (x1: number, x2: number) => ({ x1, y1: 20, x2, y2: 30 });
  const high = (y1: number, y2: number) => ({ x1: 20, y1, x2: 30, y2 });

  test.each([
    [40, 63, false], // 1 px from the edge at 64
    [40, 63.5, true],
    [37, 64, true], // the next tile begins at 36
    [36.5, 64, false], // cut by both, so by neither
  ])('at the right and lower edge: %d to %d, %s', (start, end, expected) => {
    expect(isCut(left!, wide(start, end), 1)).toBe(expected);
    expect(isCut(upper!, high(start, end), 1)).toBe(expected);
  });

  test.each([
    [37, 60, false], // 1 px from the edge at 36
    [36.5, 60, true],
    [36, 63, true], // the tile before ends at 64
    [36, 63.5, false],
  ])('at the left and upper edge: %d to %d, %s', (start, end, expected) => {
    expect(isCut(right!, wide(start, end), 1)).toBe(expected);
    expect(isCut(lower!, high(start, end), 1)).toBe(expected);
  });
});

test('tiles that cannot advance are an error', () => {
  const tiling = { tileSize: 64, overlap: 40, zoom: 1, alignment: 32 };
  expect(() => planTiles({ width: 9, height: 9 }, tiling)).toThrow(
    new RangeError('Expected tiles of 64 px to advance by 32 px, and they overlap by 40 px'),
  );
});

describe('any image, any tiling', () => {
  test('every point is in exactly one core, and the tile of that core contains it', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), (size, tiling, seed) => {
        const tiles = planTiles(size, tiling);
        const random = randomFor(seed, 'points');
        // Corners, where tiles meet, and anywhere.
        const edges = random.shuffle(tiles).map(({ core }) => [core.x1, core.y1]);
        const points = Array.from({ length: 20 }, () => [
          size.width * random.uniform(),
          size.height * random.uniform(),
        ]);
        for (const [x, y] of [...edges.slice(0, 20), ...points]) {
          const owners = tiles.filter((tile) => isInCore(tile, x!, y!));
          expect(owners).toHaveLength(1);
          const { window } = owners[0]!;
          // Without overlap a core is the tile, up to round-off.
          expect(x).toBeGreaterThan(window.x - 1e-9);
          expect(x).toBeLessThan(window.x + window.side + 1e-9);
          expect(y).toBeGreaterThan(window.y - 1e-9);
          expect(y).toBeLessThan(window.y + window.side + 1e-9);
        }
      }),
    );
  });

  test('tiles begin at multiples of the alignment, and no tile could be left out', () => {
    fc.assert(
      fc.property(sizes, tilings, (size, tiling) => {
        const tiles = planTiles(size, tiling);
        for (const { window } of tiles) {
          const start = (window.x * tiling.zoom) / tiling.alignment;
          expect(start).toBeCloseTo(Math.round(start), 9);
        }
        const columns = tiles.filter(({ row }) => row === 0).length;
        const step = tiling.alignment * Math.floor((tiling.tileSize - tiling.overlap) / tiling.alignment);
        // One tile less, as far apart as can be, would end before the image does.
        if (columns > 1) {
          expect((columns - 2) * step + tiling.tileSize).toBeLessThan(size.width * tiling.zoom);
        }
      }),
    );
  });

  test('a nucleus no larger than the overlap is complete in a tile, and is not cut there', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), fc.constantFrom(0, 0.5, 2), (size, tiling, seed, margin) => {
        const tiles = planTiles(size, tiling);
        const random = randomFor(seed, 'nucleus');
        const side = (length: number) => {
          const nucleus = Math.min(length, tiling.overlap / tiling.zoom) * random.uniform();
          const start = (length - nucleus) * random.uniform();
          return [start, start + nucleus] as const;
        };
        const [x1, x2] = side(size.width);
        const [y1, y2] = side(size.height);
        const seenBy = tiles.filter(
          ({ window: { x, y, side } }) => x1 >= x && y1 >= y && x2 <= x + side && y2 <= y + side,
        );
        expect(seenBy.length).toBeGreaterThan(0);
        expect(seenBy.some((tile) => !isCut(tile, { x1, y1, x2, y2 }, margin))).toBe(true);
      }),
    );
  });

  test('detections of the same nucleus in several tiles are merged into one', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), (size, tiling, seed) => {
        const tiles = planTiles(size, tiling);
        const nuclei = scattered(size, tiling.overlap / tiling.zoom - 2, seed);
        const found = tiles.map(({ window: { x, y, side } }) =>
          nuclei.flatMap(({ box, score }) => {
            // A tile sees what lies in it; a cut nucleus still has a box, which may even have the highest score.
            const seen = {
              x1: Math.max(box.x1, x),
              y1: Math.max(box.y1, y),
              x2: Math.min(box.x2, x + side),
              y2: Math.min(box.y2, y + side),
            };
            if (seen.x2 <= seen.x1 || seen.y2 <= seen.y1) return [];
            const isWhole = seen.x2 - seen.x1 === box.x2 - box.x1 && seen.y2 - seen.y1 === box.y2 - box.y1;
            return [{ box: isWhole ? box : seen, score: isWhole ? score : 1 }];
          }),
        );
        const merged = mergeTiles(tiles, found, { iouThreshold: 0.5, margin: 0.5 });
        const key = ({ box }: (typeof nuclei)[number]) => `${box.x1} ${box.y1} ${box.x2} ${box.y2}`;
        expect(merged.map(key).sort()).toEqual(nuclei.map(key).sort());
        // Tiles in another order give the same.
        const order = randomFor(seed, 'order').shuffle(tiles.map((_, index) => index));
        const again = mergeTiles(
          order.map((index) => tiles[index]!),
          order.map((index) => found[index]!),
          { iouThreshold: 0.5, margin: 0.5 },
        );
        expect(again).toEqual(merged);
      }),
    );
  });
});

/** Boxes up to a size that do not overlap. */
function scattered({ width, height }: { width: number; height: number }, largest: number, seed: number) {
  const random = randomFor(seed, 'scattered');
  const nuclei: { box: { x1: number; y1: number; x2: number; y2: number }; score: number }[] = [];
  for (let trial = 0; trial < 40 && largest > 0; trial++) {
    const w = Math.min(width, largest * random.uniform());
    const h = Math.min(height, largest * random.uniform());
    const x1 = (width - w) * random.uniform();
    const y1 = (height - h) * random.uniform();
    const box = { x1, y1, x2: x1 + w, y2: y1 + h };
    const isFree = nuclei.every(
      ({ box: other }) =>
        other.x1 >= box.x2 || other.x2 <= box.x1 || other.y1 >= box.y2 || other.y2 <= box.y1,
    );
    if (isFree) nuclei.push({ box, score: random.uniform() });
  }
  return nuclei;
}

describe('mergeTiles', () => {
  const tiling = { tileSize: 64, overlap: 20, zoom: 1, alignment: 4 };
  const tiles = planTiles({ width: 100, height: 64 }, tiling);
  const options = { iouThreshold: 0.5, margin: 1 };
  const found = (x1: number, x2: number, score = 0.5) => ({ box: { x1, y1: 10, x2, y2: 20 }, score });

  test('the detection of the tile whose core contains the centre is kept, even if its score is lower', () => {
    // Tiles 0-64 and 36-100, cores up to 50.
    const [sure, central] = [found(52, 62, 0.9), found(51, 62, 0.2)];
    expect(mergeTiles(tiles, [[sure], [central]], options)).toEqual([central]);
    // The same with one tile above the other.
    const [above, below] = planTiles({ width: 64, height: 100 }, tiling);
    const turned = ({ box: { x1, y1, x2, y2 }, score }: typeof sure) => ({
      box: { x1: y1, y1: x1, x2: y2, y2: x2 },
      score,
    });
    const merged = mergeTiles([above!, below!], [[turned(sure)], [turned(central)]], options);
    expect(merged).toEqual([turned(central)]);
  });

  test('the same box in tiles that do not own it belongs to the upper tile, then to the left one', () => {
    // 2 x 2 tiles; the centre (56, 56) is in the core of the last one, which has found nothing.
    const four = planTiles({ width: 100, height: 100 }, tiling);
    const tagged = (tile: string) => [{ box: { x1: 51, y1: 51, x2: 61, y2: 61 }, score: 0.5, tile }];
    const [first, second, third] = [tagged('row 0'), tagged('row 0, column 1'), tagged('row 1, column 0')];
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
    ]) {
      const merge = (...found: (typeof first)[]) =>
        mergeTiles(
          order.map((index) => four[index]!),
          order.map((index) => found[index]!),
          options,
        );
      expect(merge(first, second, third, [])).toEqual(first);
      expect(merge([], second, third, [])).toEqual(second);
      expect(merge(first, second, [], [])).toEqual(first);
    }
  });

  test('two boxes of different tiles are one nucleus above the threshold, and two at it', () => {
    // 10 wide and 2.5 apart: 7.5 of 12.5, IoU 0.6. Both are whole in their tiles.
    const pair = [[found(41, 51)], [found(43.5, 53.5)]];
    expect(mergeTiles(tiles, pair, { ...options, iouThreshold: 0.6 })).toHaveLength(2);
    expect(mergeTiles(tiles, pair, { ...options, iouThreshold: 0.59 })).toEqual([found(41, 51)]);
  });

  test('of two with equal scores, each in its own core, the one further up stays', () => {
    const [lower, upper] = [found(44, 54), found(46, 56)];
    const lowered = { ...lower, box: { ...lower.box, y1: 11, y2: 21 } };
    expect(mergeTiles(tiles, [[lowered], [upper]], { ...options, iouThreshold: 0.4 })).toEqual([upper]);
  });

  test('a piece that is complete in a neighbouring tile is dropped, even if nothing was found there', () => {
    expect(mergeTiles(tiles, [[found(55, 64)], [found(55, 75)]], options)).toEqual([found(55, 75)]);
    expect(mergeTiles(tiles, [[found(55, 64)], []], options)).toEqual([]);
    expect(mergeTiles(tiles, [[], [found(36, 41)]], options)).toEqual([]);
  });

  test('pieces of a nucleus that is complete in no tile are kept', () => {
    const pieces = [found(30, 64), found(36, 70)];
    expect(mergeTiles(tiles, [[pieces[0]!], [pieces[1]!]], { ...options, iouThreshold: 0.9 })).toHaveLength(
      2,
    );
  });

  test('a nucleus at the edge of the image is not cut', () => {
    expect(mergeTiles(tiles, [[found(0, 8)], [found(92, 100)]], options)).toHaveLength(2);
  });

  test('two of one tile are left to its own NMS', () => {
    expect(mergeTiles(tiles, [[found(10, 20), found(11, 21)], []], options)).toHaveLength(2);
  });
});
