import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAnimatedPng, tiffPhotometric } from '../../../src/data/image/png-tiff-headers.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/images', name));

test('isAnimatedPng finds acTL, but only before the pixels', () => {
  expect(isAnimatedPng(fixture('animated.png'))).toBe(true);
  expect(isAnimatedPng(fixture('rgb8-icc.png'))).toBe(false);
  expect(isAnimatedPng(Buffer.concat([fixture('grey8.png'), Buffer.from('\0\0\0\0acTL')]))).toBe(false);
  expect(isAnimatedPng(fixture('animated.png').subarray(0, 36))).toBe(false);
  expect(isAnimatedPng(fixture('text.png'))).toBe(false);
});

test('tiffPhotometric reads the tag in both byte orders and in BigTIFF', () => {
  expect(tiffPhotometric(fixture('grey8-white-is-zero.tif'))).toBe(0);
  expect(tiffPhotometric(fixture('grey16.tif'))).toBe(1);
  expect(tiffPhotometric(fixture('grey16-big-endian.tif'))).toBe(1);
  expect(tiffPhotometric(fixture('rgb8.tif'))).toBe(2);
  expect(tiffPhotometric(fixture('palette.tif'))).toBe(3);
  // Header: II, 43, offset size 8, 0, directory at 16; directory: 1 entry, tag 262, SHORT, count 1, value 5.
  const bigTiff = [0x49, 0x49, 43, 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0];
  bigTiff.push(1, 0, 0, 0, 0, 0, 0, 0, 6, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0);
  expect(tiffPhotometric(Buffer.from(bigTiff))).toBe(5);
});

test('tiffPhotometric is undefined for other files, and throws if a TIFF ends early', () => {
  expect(tiffPhotometric(fixture('grey8.png'))).toBeUndefined();
  expect(tiffPhotometric(Buffer.from('II is text'))).toBeUndefined();
  expect(() => tiffPhotometric(fixture('grey16.tif').subarray(0, 30))).toThrow(RangeError);
});
