import { expect, test } from 'vitest';
import { choosePlanes, describeAxes, type PlaneChoice } from '../../../src/data/image/tiff/choose-planes.js';
import type { PlaneAxes } from '../../../src/data/image/tiff/axes.js';

const axesOf = (sizes: Partial<PlaneAxes['sizes']>, channelNames: readonly string[] = []) => ({
  sizes: { c: 1, z: 1, t: 1, page: 1, ...sizes },
  channelNames,
});
const stack = axesOf({ c: 2, z: 3 }, ['DAPI', 'GFP']);

test('the only plane needs no choice', () => {
  expect(choosePlanes(axesOf({}), {})).toEqual([
    { suffix: '', channels: [[{ c: 0, z: 0, t: 0, page: 0 }]], projection: 'max' },
  ]);
});

test.each<[PlaneChoice, string[]]>([
  [{ channels: ['gfp'], z: 2 }, ['c2-z2']],
  [{ channels: ['1'], z: 'max' }, ['c1']],
  [{ channels: ['each'], z: 'max' }, ['c1', 'c2']],
  [{ channels: ['2'], z: 'each' }, ['c2-z1', 'c2-z2', 'c2-z3']],
  [{ channels: ['DAPI', 'GFP'], z: 'mean' }, ['c12']],
])('%j makes the images %j', (choice, suffixes) => {
  expect(choosePlanes(stack, choice).map(({ suffix }) => suffix)).toEqual(suffixes);
});

test('a projection has all planes of the axis, in their order', () => {
  const [image] = choosePlanes(stack, { channels: ['GFP'], z: 'max' });
  expect(image!.channels).toEqual([[0, 1, 2].map((z) => ({ c: 1, z, t: 0, page: 0 }))]);
});

test.each<[PlaneChoice, string]>([
  [
    { z: 1 },
    'The file has 2 channels (DAPI, GFP) and 3 depths (z), so it is unclear which of them shows the nuclei.',
  ],
  [
    { channels: ['3'], z: 1 },
    'There is no channel "3"; the file has 2 channels (DAPI, GFP) and 3 depths (z).',
  ],
  [{ channels: ['1'], z: 4 }, 'There is no plane 4; the file has 2 channels (DAPI, GFP) and 3 depths (z).'],
  [{ channels: ['1'], z: 'max', t: 'mean' }, 'Depths and times cannot be projected in two ways at once.'],
])('%j is an error', (choice, message) => {
  expect(() => choosePlanes(stack, choice)).toThrow(message);
});

test('what a file holds in words', () => {
  expect(describeAxes(axesOf({}))).toBe('1 plane');
  expect(describeAxes(axesOf({ c: 3, z: 5, t: 2 }))).toBe('3 channels, 5 depths (z) and 2 times (t)');
});
