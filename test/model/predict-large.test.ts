import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readImage } from '../../src/data/image/image-io.js';
import { readLabelImage } from '../../src/data/image/label-io.js';
import { openImage } from '../helpers/open-image.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { writeOutputs } from '../../src/predict/formats/write-outputs.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { narrow } from '../reference/draw.js';
import { smallModel } from './small-model.js';

/** Writes outputs, and gives their paths. */
const outputPaths = async (...args: Parameters<typeof writeOutputs>) =>
  (await writeOutputs(...args)).map(({ file }) => path.join(args[0], file));

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'large-'));
const file = 'examples/dsb2018-mini/a-5afb7932.png';
let model: Model;
beforeAll(() => {
  model = buildModel(smallModel());
});
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

test('an image that is read part by part gives the nuclei and the files of one in memory', async () => {
  const image = await readImage(file);
  const stored = await openImage(file, 0);
  const inMemory = await model.segment(image);
  const shares: number[] = [];
  const fromDisk = await model.segment(stored, {}, (share) => shares.push(share));
  expect(fromDisk).toEqual(inMemory);
  expect(inMemory.instances.length).toBeGreaterThan(10);
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));

  const formats = ['labels', 'table', 'overlay', 'geojson'] as const;
  const written = await Promise.all(
    [image, stored].map((pixels, index) =>
      outputPaths(path.join(folder, String(index)), 'x', { image: pixels, segmentation: inMemory }, formats),
    ),
  );
  for (const [index, place] of written[0]!.entries())
    expect(readFileSync(written[1]![index]!).equals(readFileSync(place))).toBe(true);
  expect(readdirSync(path.join(folder, '1')).sort()).toEqual([...formats].sort());
  expect(await readLabelImage(written[1]![0]!)).toEqual(narrow(inMemory.labelImage));
  if ('read' in stored) stored.close();
});
