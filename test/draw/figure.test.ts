import { expect, test } from 'vitest';
import type { Image } from '../../src/data/image/image.js';
import { figureCell } from '../../src/draw/figure.js';
import { drawNuclei } from '../../src/draw/nuclei-overlay.js';
import { sheet } from '../../src/draw/sheet.js';

const red = ({ width, data }: Image, x: number, y: number) => data[(y * width + x) * 3];

test('a cell has the middle of the image, and next to it the same pixels with nuclei', () => {
  const image: Image = {
    width: 8,
    height: 6,
    channels: 1,
    data: Uint8Array.from({ length: 48 }, (_, i) => 5 * i),
  };
  const labelImage = {
    width: 8,
    height: 6,
    labels: Int32Array.from({ length: 48 }, (_, i) => (i === 27 ? 1 : 0)),
  };
  const cell = figureCell(image, labelImage, 4);
  const drawn = drawNuclei(image, labelImage, { style: 'filled', scale: 1 });
  expect([cell.width, cell.height]).toEqual([8, 4]);
  // The window starts at column 2 and row 1; 27 is column 3 of row 3.
  const shown = (x: number, y: number) => Math.round((5 * (y * 8 + x) * 255) / 235);
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      expect(Math.abs(red(cell, x, y)! - shown(x + 2, y + 1))).toBeLessThanOrEqual(1);
      expect(red(cell, 4 + x, y)).toBe(red(drawn, x + 2, y + 1));
    }
  }
  expect(red(cell, 5, 2)).not.toBe(red(cell, 1, 2));
});

test('a small image is centred on grey', () => {
  const image: Image = { width: 1, height: 2, channels: 3, data: Uint8Array.from([0, 0, 0, 255, 255, 255]) };
  const cell = figureCell(image, { width: 1, height: 2, labels: new Int32Array(2) }, 4);
  const columns = [0, 1, 2, 3].map((x) => [0, 1, 2, 3].map((y) => red(cell, x, y)));
  expect(columns).toEqual([
    [96, 96, 96, 96],
    [96, 0, 255, 96],
    [96, 96, 96, 96],
    [96, 96, 96, 96],
  ]);
});

test('a sheet has its cells in rows, with gaps of 6 px', () => {
  const cell = (value: number): Image => ({
    width: 2,
    height: 1,
    channels: 3,
    data: new Uint8Array(6).fill(value),
  });
  const drawn = sheet([cell(1), cell(2), cell(3)], 2);
  expect([drawn.width, drawn.height]).toEqual([6 + 8 + 8, 6 + 7 + 7]);
  expect([red(drawn, 6, 6), red(drawn, 14, 6), red(drawn, 6, 13), red(drawn, 14, 13)]).toEqual([1, 2, 3, 96]);
  expect(() => sheet([], 2)).toThrow(RangeError);
});
