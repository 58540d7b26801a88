import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureInstances } from '../../../src/data/geometry/label-image.js';
import { boxAt } from '../../../src/data/geometry/box.js';
import { measureInstance } from '../../../src/predict/formats/measure.js';

interface Case {
  readonly labels: number[][];
  readonly intensity: number[][];
  readonly channels: 1 | 3;
  readonly centroid: [y: number, x: number];
  readonly bbox: [y1: number, x1: number, y2: number, x2: number];
  readonly area: number;
  readonly perimeter: number;
  readonly eccentricity: number;
  readonly mean_intensity: number[];
}

/** What test/fixtures/regionprops/make_regionprops.py has measured. */
const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/regionprops/regionprops.json'), 'utf8'),
) as Case[];

test.each(cases)('shape %# as scikit-image measures it', (expected) => {
  const [height, width] = [expected.labels.length, expected.labels[0]!.length];
  const labelImage = { width, height, labels: Int32Array.from(expected.labels.flat()) };
  const data = Uint16Array.from(expected.intensity.flat());
  const { boxes, areas } = measureInstances(labelImage, 2);
  const [y1, x1, y2, x2] = expected.bbox;
  expect(boxAt(boxes, 0)).toEqual({ x1, y1, x2, y2 });
  expect(areas[0]).toBe(expected.area);
  const instance = { label: 1, score: 1, box: boxAt(boxes, 0), area: areas[0]! };
  const found = measureInstance({ width, height, channels: expected.channels, data }, labelImage, instance);
  expect(found.centroidY).toBeCloseTo(expected.centroid[0], 10);
  expect(found.centroidX).toBeCloseTo(expected.centroid[1], 10);
  expect(found.perimeter).toBeCloseTo(expected.perimeter, 10);
  expect(found.eccentricity).toBeCloseTo(expected.eccentricity, 6);
  const means = found.channelMeans ?? [found.meanIntensity];
  expect(means).toHaveLength(expected.channels);
  for (const [channel, mean] of means.entries())
    expect(mean).toBeCloseTo(expected.mean_intensity[channel]!, 8);
});

test('the mean intensity of a colour image is that of all channels', () => {
  const image = { width: 2, height: 1, channels: 3 as const, data: Uint8Array.of(1, 2, 3, 5, 6, 7) };
  const labelImage = { width: 2, height: 1, labels: Int32Array.of(1, 1) };
  const instance = { label: 1, score: 1, box: { x1: 0, y1: 0, x2: 2, y2: 1 }, area: 2 };
  expect(measureInstance(image, labelImage, instance)).toMatchObject({
    meanIntensity: 4,
    channelMeans: [3, 4, 5],
  });
});
