import { expect, test } from 'vitest';
import { toExample } from '../../../src/data/read/example.js';
import { intensityRange, shownRange, toEightBits } from '../../../src/data/image/intensity.js';

test('the range leaves out a thousandth at each end', () => {
  // 10,000 values: ten hot pixels are a thousandth, so the eleventh from the top is white.
  const values = Uint16Array.from({ length: 10_000 }, (_, i) =>
    i < 10 ? 65535 : i < 9990 ? 1000 + (i % 50) : 990,
  );
  expect(intensityRange({ data: values })).toEqual({ black: 990, white: 1049 });
  values[9990] = 1000;
  expect(intensityRange({ data: values })).toEqual({ black: 1000, white: 1049 });
});

/** A dim field with noise, and what stands out of it. */
const field = (count: number, valueAt: (i: number) => number) =>
  Uint16Array.from({ length: 20_000 }, (_, i) => (i < count ? valueAt(i) : 1000 + ((i * 7919) % 400)));

test('far values are neither black nor white, up to 1 % of them', () => {
  const usual = { black: 1000, white: 1399 };
  expect(intensityRange({ data: field(150, () => 65_535) })).toEqual(usual);
  expect(intensityRange({ data: field(150, () => 0) })).toEqual(usual);
  // Of many levels, behind a gap of more than eight times the range.
  expect(intensityRange({ data: field(150, (i) => 6000 + 300 * i) })).toEqual(usual);
  expect(intensityRange({ data: field(300, () => 65_535) }).white).toBe(65_535);
});

test('bright nuclei are white, however sparse', () => {
  // 0.75 % of the pixels, from the level of the background to forty times of it: the 21st from the top is white.
  expect(intensityRange({ data: field(150, (i) => 1400 + 300 * i) }).white).toBe(1400 + 300 * 129);
  // A background of a single level tells no gap.
  const flat = Uint16Array.from({ length: 20_000 }, (_, i) => (i < 150 ? 4000 : 0));
  expect(intensityRange({ data: flat }).white).toBe(4000);
});

test('values that the file does not tell count for nothing', () => {
  const values = field(19_000, () => 1200);
  const missing = { value: 1200, count: 19_000 };
  // Of the 1,000 values that are left, 0.1 % at each end.
  const { black, white } = intensityRange({ data: values, missing });
  expect(intensityRange({ data: values.subarray(19_000) })).toEqual({ black, white });
  expect([black, white]).toEqual([expect.closeTo(1000, -1), expect.closeTo(1399, -1)]);
});

test('a flat image keeps a range of 1', () => {
  expect(intensityRange({ data: Uint16Array.of(7, 7, 7) })).toEqual({ black: 7, white: 8 });
});

test('an 8-bit range of less than 8 values is widened, downwards at the end of the scale', () => {
  expect(intensityRange({ data: Uint8Array.of(7, 8, 9) })).toEqual({ black: 7, white: 15 });
  expect(intensityRange({ data: Uint8Array.of(250, 253, 255) })).toEqual({ black: 247, white: 255 });
  expect(intensityRange({ data: Uint8Array.of(10, 20, 200) })).toEqual({ black: 10, white: 200 });
  expect(intensityRange({ data: Uint16Array.of(65535) })).toEqual({ black: 65534, white: 65535 });
});

test('a network sees the whole scale or the range of an 8-bit image, and always the range of a 16-bit image', () => {
  const image = { width: 2, height: 1, channels: 1 } as const;
  const eight = { ...image, data: Uint8Array.of(10, 90) };
  expect(shownRange(eight, 'full')).toBeUndefined();
  expect(shownRange(eight, 'stretched')).toEqual({ black: 10, white: 90 });
  const sixteen = { ...image, data: Uint16Array.of(10, 90) };
  expect(shownRange(sixteen, 'full')).toEqual({ black: 10, white: 90 });
});

test('16 bits to 8: scaled in proportion, clipped outside', () => {
  const image = { width: 5, height: 1, channels: 1, data: Uint16Array.of(0, 100, 200, 300, 60000) } as const;
  expect([...toEightBits(image, { black: 100, white: 300 }).data]).toEqual([0, 0, 128, 255, 255]);
  const eight = { ...image, data: Uint8Array.of(1, 2, 3, 4, 5) };
  expect(toEightBits(eight).data).toBe(eight.data);
  expect([...toEightBits(eight, { black: 2, white: 4 }).data]).toEqual([0, 0, 128, 255, 255]);
});

test('an example of 16 bits keeps its values and has the range; one of 8 bits has it if it is stretched', () => {
  const data = Uint16Array.of(500, 40000);
  const image = { width: 2, height: 1, channels: 1, data } as const;
  expect(toExample({ id: 'x', image, masks: [] })).toMatchObject({
    image: { data },
    intensity: { black: 500, white: 40000 },
  });
  const eight = { id: 'x', image: { ...image, data: Uint8Array.of(5, 90) }, masks: [] };
  expect(toExample(eight).intensity).toBeUndefined();
  expect(toExample(eight, 'stretched').intensity).toEqual({ black: 5, white: 90 });
});
