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
    maxArea: (alignment * Math.ceil(overlap / alignment + steps)) ** 2,
  }));
const sizes = fc.record({
  width: fc.integer({ min: 1, max: 150 }),
  height: fc.integer({ min: 1, max: 70 }),
});

const plan = (size: { width: number; height: number }, tiling: Tiling) => planTiles(size, tiling).tiles;

test('two tiles overlap in the middle of the image; their cores meet in the middle of that', () => {
  const tiling = { maxArea: 4096, overlap: 16, zoom: 2, alignment: 8 };
  // 50 x 20 px are 100 x 40 of the network, 104 x 40 = 4160 in one tile. Two of (100 + 16) / 2 = 58, rounded up to 64,
  // overlap by 28, but the second begins at a multiple of 8.
  expect(planTiles({ width: 50, height: 20 }, tiling)).toEqual({
    tileSize: { width: 64, height: 40 },
    tiles: [
      {
        column: 0,
        row: 0,
        shown: { x1: 0, y1: 0, x2: 32, y2: 20 },
        core: { x1: 0, y1: 0, x2: 26, y2: 20 },
        neighbours: { left: -Infinity, top: -Infinity, right: 20, bottom: Infinity },
      },
      {
        column: 1,
        row: 0,
        shown: { x1: 20, y1: 0, x2: 52, y2: 20 },
        core: { x1: 26, y1: 0, x2: 50, y2: 20 },
        neighbours: { left: 32, top: -Infinity, right: Infinity, bottom: Infinity },
      },
    ],
  });
});

test('an image is one tile as long as its area allows', () => {
  const tiling = { maxArea: 1_310_720, overlap: 128, zoom: 2, alignment: 16 };
  const sizes = (width: number, height: number) => {
    const { tiles, tileSize } = planTiles({ width, height }, tiling);
    return [tiles.length, tileSize.width, tileSize.height];
  };
  expect(sizes(1, 1)).toEqual([1, 16, 16]);
  expect(sizes(256, 256)).toEqual([1, 512, 512]);
  expect(sizes(347, 260)).toEqual([1, 704, 528]);
  // 1392 x 1040 = 1.45 million: two of (1392 + 128) / 2 = 760, rounded up.
  expect(sizes(696, 520)).toEqual([2, 768, 1040]);
  // 2048 x 2048: four of (2048 + 128) / 2.
  expect(sizes(1024, 1024)).toEqual([4, 1088, 1088]);
  // A long strip is not cut across its width.
  expect(sizes(10_000, 60)).toEqual([2, 10_064, 128]);
});

test('of steps that differ the shorter ones come first', () => {
  // 104 px: the last tile begins 5 steps of 8 behind the first. One step is at most 3, so two are 2 and 3.
  const tiles = plan({ width: 104, height: 64 }, { maxArea: 4096, overlap: 40, zoom: 1, alignment: 8 });
  expect(tiles.map(({ shown }) => shown.x1)).toEqual([0, 16, 40]);
});

describe('a nucleus is cut if it reaches an edge and begins well within the neighbour', () => {
  // Two tiles of 60 px, at 0 and at 40; the margin is 1 px.
  const tiling = { maxArea: 4096, overlap: 20, zoom: 1, alignment: 4 };
  const [left, right] = plan({ width: 100, height: 64 }, tiling);
  const [upper, lower] = plan({ width: 64, height: 100 }, tiling);
  const wide = (x1: number, x2: number) => ({ x1, y1: 20, x2, y2: 30 });
  const high = (y1: number, y2: number) => ({ x1: 20, y1, x2: 30, y2 });

  test.each([
    [42, 59, false], // 1 px from the edge at 60
    [42, 59.5, true],
    [41, 60, true], // the next tile begins at 40
    [40.5, 60, false], // cut by both, so by neither
  ])('at the right and lower edge: %d to %d, %s', (start, end, expected) => {
    expect(isCut(left!, wide(start, end), 1)).toBe(expected);
    expect(isCut(upper!, high(start, end), 1)).toBe(expected);
  });

  test.each([
    [41, 58, false], // 1 px from the edge at 40
    [40.5, 58, true],
    [40, 59, true], // the tile before ends at 60
    [40, 59.5, false],
  ])('at the left and upper edge: %d to %d, %s', (start, end, expected) => {
    expect(isCut(right!, wide(start, end), 1)).toBe(expected);
    expect(isCut(lower!, high(start, end), 1)).toBe(expected);
  });
});

test('tiles that cannot advance are an error', () => {
  const tiling = { maxArea: 4096, overlap: 40, zoom: 1, alignment: 32 };
  expect(planTiles({ width: 64, height: 64 }, tiling).tiles).toHaveLength(1);
  expect(() => planTiles({ width: 99, height: 99 }, tiling)).toThrow(
    new RangeError('Expected tiles of 4096 px to advance by 32 px, and they overlap by 40 px'),
  );
});

describe('any image, any tiling', () => {
  test('every point is in exactly one core, and the tile of that core contains it', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), (size, tiling, seed) => {
        const tiles = plan(size, tiling);
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
          const { shown } = owners[0]!;
          // Without overlap a core is the tile, up to round-off.
          expect(x).toBeGreaterThan(shown.x1 - 1e-9);
          expect(x).toBeLessThan(shown.x2 + 1e-9);
          expect(y).toBeGreaterThan(shown.y1 - 1e-9);
          expect(y).toBeLessThan(shown.y2 + 1e-9);
        }
      }),
    );
  });

  test('tiles begin at multiples of the alignment, keep to the area, and have no more pixels than square ones', () => {
    fc.assert(
      fc.property(sizes, tilings, (size, tiling) => {
        const { tiles, tileSize } = planTiles(size, tiling);
        const isAligned = (length: number) =>
          expect(length / tiling.alignment).toBeCloseTo(Math.round(length / tiling.alignment), 9);
        for (const { shown } of tiles) {
          isAligned(shown.x1 * tiling.zoom);
          isAligned(shown.y1 * tiling.zoom);
          expect((shown.x2 - shown.x1) * tiling.zoom).toBeCloseTo(tileSize.width, 9);
          expect((shown.y2 - shown.y1) * tiling.zoom).toBeCloseTo(tileSize.height, 9);
        }
        isAligned(tileSize.width);
        isAligned(tileSize.height);
        expect(tileSize.width * tileSize.height).toBeLessThanOrEqual(tiling.maxArea);
        // The slow way: squares, as many as it takes.
        const side = Math.sqrt(tiling.maxArea);
        const step = tiling.alignment * Math.floor((side - tiling.overlap) / tiling.alignment);
        const squares = (length: number) => {
          let count = 1;
          while ((count - 1) * step + side < length * tiling.zoom) count += 1;
          return count;
        };
        const most = squares(size.width) * squares(size.height) * tiling.maxArea;
        expect(tiles.length * tileSize.width * tileSize.height).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('a nucleus no larger than the overlap is complete in a tile, and is not cut there', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), fc.constantFrom(0, 0.5, 2), (size, tiling, seed, margin) => {
        const tiles = plan(size, tiling);
        const random = randomFor(seed, 'nucleus');
        const side = (length: number) => {
          const nucleus = Math.min(length, tiling.overlap / tiling.zoom) * random.uniform();
          const start = (length - nucleus) * random.uniform();
          return [start, start + nucleus] as const;
        };
        const [x1, x2] = side(size.width);
        const [y1, y2] = side(size.height);
        const seenBy = tiles.filter(
          ({ shown }) => x1 >= shown.x1 && y1 >= shown.y1 && x2 <= shown.x2 && y2 <= shown.y2,
        );
        expect(seenBy.length).toBeGreaterThan(0);
        expect(seenBy.some((tile) => !isCut(tile, { x1, y1, x2, y2 }, margin))).toBe(true);
      }),
    );
  });

  test('detections of the same nucleus in several tiles are merged into one', () => {
    fc.assert(
      fc.property(sizes, tilings, fc.nat(), (size, tiling, seed) => {
        const tiles = plan(size, tiling);
        const nuclei = scattered(size, tiling.overlap / tiling.zoom - 2, seed);
        const found = tiles.map(({ shown }) =>
          nuclei.flatMap(({ box, score }) => {
            // A tile sees what lies in it; a cut nucleus still has a box, which may even have the highest score.
            const seen = {
              x1: Math.max(box.x1, shown.x1),
              y1: Math.max(box.y1, shown.y1),
              x2: Math.min(box.x2, shown.x2),
              y2: Math.min(box.y2, shown.y2),
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
  const tiling = { maxArea: 4096, overlap: 20, zoom: 1, alignment: 4 };
  const tiles = plan({ width: 100, height: 64 }, tiling);
  const options = { iouThreshold: 0.5, margin: 1 };
  const found = (x1: number, x2: number, score = 0.5) => ({ box: { x1, y1: 10, x2, y2: 20 }, score });

  test('the detection of the tile whose core contains the centre is kept, even if its score is lower', () => {
    // Tiles 0-60 and 40-100, cores up to 50.
    const [sure, central] = [found(48, 58, 0.9), found(46, 58, 0.2)];
    expect(mergeTiles(tiles, [[sure], [central]], options)).toEqual([central]);
    // The same with one tile above the other.
    const [above, below] = plan({ width: 64, height: 100 }, tiling);
    const turned = ({ box: { x1, y1, x2, y2 }, score }: typeof sure) => ({
      box: { x1: y1, y1: x1, x2: y2, y2: x2 },
      score,
    });
    const merged = mergeTiles([above!, below!], [[turned(sure)], [turned(central)]], options);
    expect(merged).toEqual([turned(central)]);
  });

  test('the same box in tiles that do not own it belongs to the upper tile, then to the left one', () => {
    // 2 x 2 tiles; the centre (51, 51) is in the core of the last one, which has found nothing.
    const four = plan({ width: 100, height: 100 }, tiling);
    const tagged = (tile: string) => [{ box: { x1: 46, y1: 46, x2: 56, y2: 56 }, score: 0.5, tile }];
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
    expect(mergeTiles(tiles, [[found(52, 60)], [found(52, 72)]], options)).toEqual([found(52, 72)]);
    expect(mergeTiles(tiles, [[found(52, 60)], []], options)).toEqual([]);
    expect(mergeTiles(tiles, [[], [found(40, 45)]], options)).toEqual([]);
  });

  test('pieces of a nucleus that is complete in no tile are kept', () => {
    const pieces = [found(30, 60), found(40, 70)];
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
