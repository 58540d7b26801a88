import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/data/image/image.js';
import { jet } from '../../src/draw/jet.js';
import { drawNuclei, nucleiColours } from '../../src/draw/nuclei-overlay.js';

const labelImageOf = (...rows: string[]) => ({
  width: rows[0]!.length,
  height: rows.length,
  labels: Int32Array.from(rows.join(''), (label) => (label === '.' ? 0 : Number(label))),
});

test('jet goes from dark blue through cyan, green and yellow to dark red', () => {
  expect([0, 0.125, 0.375, 0.5, 0.625, 0.875, 1].map(jet)).toEqual([
    [0, 0, 128], // 0.5 * 255 = 127.5
    [0, 0, 255],
    [0, 255, 255],
    [128, 255, 128],
    [255, 255, 0],
    [255, 0, 0],
    [128, 0, 0],
  ]);
});

describe('colours', () => {
  test('neighbours have distant colours, whatever their labels are', () => {
    // The hues come in the order 0, 5, 10, 3, 8, 1: without regard to neighbours, 1 and 6 would be alike.
    const [first, , , , , sixth] = nucleiColours(labelImageOf('16....', '......', '......', '23..45'));
    const distance = Math.hypot(...first!.map((value, channel) => value - sixth![channel]!));
    expect(distance).toBeGreaterThan(150);
  });

  test('there is one for each label, also with gaps, and always the same', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 6, maxLength: 60 }), (labels) => {
        const width = 6;
        const height = Math.floor(labels.length / width);
        const labelImage = { width, height, labels: Int32Array.from(labels.slice(0, width * height)) };
        const colours = nucleiColours(labelImage);
        expect(colours).toHaveLength(Math.max(0, ...labelImage.labels));
        expect(nucleiColours(labelImage)).toEqual(colours);
      }),
    );
  });
});

describe('drawings', () => {
  const image: Image = { width: 5, height: 5, channels: 1, data: new Uint8Array(25).fill(100) };
  const labelImage = labelImageOf('.....', '.111.', '.111.', '.111.', '.....');
  const pixel = ({ width, data }: Image, x: number, y: number) => [
    ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
  ];
  const [colour] = nucleiColours(labelImage);

  test('edges have the colour, insides are a mixture with it, and the surroundings are darker', () => {
    const bright: Image = { ...image, data: Uint8Array.from(image.data, (_, at) => (at === 0 ? 0 : 200)) };
    const filled = drawNuclei(bright, labelImage, { style: 'filled', scale: 1 });
    expect(pixel(filled, 1, 1)).toEqual(colour);
    expect(pixel(filled, 2, 2)).toEqual(colour!.map((value) => Math.round(0.55 * 255 + 0.45 * value)));
    expect(pixel(filled, 4, 0)).toEqual([255, 255, 255]);
    expect(pixel(filled, 2, 0)).toEqual([128, 128, 128]); // half of 255
    const outlines = drawNuclei(bright, labelImage, { style: 'outlines', scale: 1 });
    expect(pixel(outlines, 1, 1)).toEqual(colour);
    expect(pixel(outlines, 2, 2)).toEqual([255, 255, 255]);
  });

  test('filled nuclei are drawn on grey, outlines on the colours of the image', () => {
    const data = Uint8Array.from({ length: 75 }, (_, at) => [0, 90, 255][at % 3]!);
    const coloured: Image = { ...image, channels: 3, data };
    expect(pixel(drawNuclei(coloured, labelImage, { style: 'filled', scale: 1 }), 4, 0)).toEqual([
      115, 115, 115,
    ]);
    expect(pixel(drawNuclei(coloured, labelImage, { style: 'outlines', scale: 1 }), 4, 0)).toEqual([
      0, 90, 255,
    ]);
  });

  test('enlarged, the edge is half a pixel wide', () => {
    const large = drawNuclei(image, labelImage, { style: 'outlines', scale: 4 });
    expect([large.width, large.height]).toEqual([20, 20]);
    const row = Array.from({ length: 20 }, (_, x) => pixel(large, x, 10).join() === colour!.join());
    expect(row.map((isEdge) => (isEdge ? '#' : '.')).join('')).toBe('....##........##....');
  });

  test('a 16-bit image without nuclei', () => {
    const deep: Image = { width: 2, height: 1, channels: 1, data: Uint16Array.of(1000, 3000) };
    const drawing = drawNuclei(deep, labelImageOf('..'), { style: 'filled', scale: 1 });
    expect(drawing).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(0, 0, 0, 255, 255, 255),
    });
  });
});
