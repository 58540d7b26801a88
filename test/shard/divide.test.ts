import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutImage } from '../../src/shard/cut-image.js';
import { fillShards } from '../../src/shard/fill-shards.js';

test('the largest piece comes first, each into the emptiest shard', () => {
  // 9 to shard 0; 7 to 1; 6 to 2; 5 to 2 (6 + 5); 4 to 1 (7 + 4); 1 to 0 (9 + 1).
  const pieces = [4, 9, 6, 1, 7, 5].map((pixels) => ({ pixels }));
  expect(fillShards(pieces, 3)).toEqual([1, 0, 2, 0, 1, 2]);
  // Images that cannot be read, without pixels, do not pile up in one shard.
  expect(fillShards([{ pixels: 0 }, { pixels: 0 }, { pixels: 0 }], 2)).toEqual([0, 1, 0]);
  expect(fillShards([{ pixels: 5 }], 3)).toEqual([0]);
});

test('no shard has more than the mean and one piece', () => {
  const pixels = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(fc.array(pixels, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (sizes, shards) => {
      const shardOf = fillShards(
        sizes.map((size) => ({ pixels: size })),
        shards,
      );
      const filled = Array.from({ length: shards }, (_, shard) =>
        sizes.reduce((sum, size, index) => sum + (shardOf[index] === shard ? size : 0), 0),
      );
      const mean = sizes.reduce((sum, size) => sum + size, 0) / shards;
      expect(Math.max(...filled)).toBeLessThanOrEqual(mean + Math.max(0, ...sizes));
    }),
  );
});

test('regions cover an image once and are no larger than asked for', () => {
  const side = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(side, side, side, (width, height, longest) => {
      const covered = new Uint8Array(width * height);
      for (const region of cutImage({ width, height }, longest)) {
        expect(Math.max(region.width, region.height)).toBeLessThanOrEqual(longest);
        expect(Math.min(region.width, region.height)).toBeGreaterThan(0);
        for (let y = region.y; y < region.y + region.height; y++)
          for (let x = region.x; x < region.x + region.width; x++) covered[y * width + x]! += 1;
      }
      expect(covered.every((times) => times === 1)).toBe(true);
    }),
  );
});
