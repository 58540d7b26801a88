import { expect, test } from 'vitest';
import { drawErrors } from '../../src/report/error-overlay.js';
import type { Image } from '../../src/data/image/image.js';
import {
  backgroundOf,
  baseImage,
  colours,
  drawOutlines,
  subsampleImage,
  subsampleLabels,
  type Colour,
} from '../../src/draw/overlay.js';
import { drawing } from '../reference/draw.js';

const pixelAt = ({ width, data }: Image, x: number, y: number): Colour => {
  const at = 3 * (y * width + x);
  return [data[at]!, data[at + 1]!, data[at + 2]!];
};

test('the image is stretched from black to white; without an image it is black', () => {
  const image: Image = { width: 3, height: 1, channels: 1, data: Uint16Array.of(1000, 3000, 2000) };
  const labels = drawing('...');
  expect([...baseImage(image, labels).data]).toEqual([0, 0, 0, 255, 255, 255, 128, 128, 128]);
  expect([...baseImage(null, labels).data]).toEqual(new Array(9).fill(0));
  const flat: Image = { width: 3, height: 1, channels: 1, data: Uint8Array.of(7, 7, 7) };
  expect([...baseImage(flat, labels).data]).toEqual(new Array(9).fill(0));
});

test('the background is grey and darker', () => {
  const image: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 45) };
  expect([...backgroundOf(image).data]).toEqual([70, 70, 70]); // 0.7 * 300 / 3
});

test('outlines are the pixels next to another label', () => {
  const labels = drawing('.....', '.111.', '.111.', '.111.', '.....');
  const outlined = drawOutlines(baseImage(null, labels), labels, colours.truth);
  expect(pixelAt(outlined, 1, 1)).toEqual(colours.truth);
  expect(pixelAt(outlined, 2, 2)).toEqual([0, 0, 0]);
  expect(pixelAt(outlined, 0, 0)).toEqual([0, 0, 0]);
});

test('errors have the colour of their kind', () => {
  //               matched   merged      missed  split
  const gt = drawing('111..', '22.33', '44...', '5555.');
  const pred = drawing('111..', '77777', '....6', '88.9.');
  const errors = drawErrors(baseImage(null, gt), { gt, pred }, { gt, pred });
  expect(pixelAt(errors, 0, 0)).toEqual(colours.matched);
  expect(pixelAt(errors, 0, 1)).toEqual(colours.merged);
  expect(pixelAt(errors, 2, 1)).toEqual(colours.merged); // the prediction over both
  expect(pixelAt(errors, 0, 2)).toEqual(colours.missed);
  expect(pixelAt(errors, 4, 2)).toEqual(colours.extra);
  expect(pixelAt(errors, 2, 3)).toEqual(colours.split);
});

test('subsampling takes every n-th pixel of every n-th row', () => {
  const labels = drawing('12345', '.....', '67891');
  expect(subsampleLabels(labels, 2)).toEqual(drawing('135', '681'));
  const image: Image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  expect(subsampleImage(image, 2)).toEqual({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 3) });
});
