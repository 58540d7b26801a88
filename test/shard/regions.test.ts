import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Image } from '../../src/data/image/image.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { assembleMasks } from '../../src/predict/assemble/assemble.js';
import { cutImage } from '../../src/shard/cut-image.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { augmentedModel, smallModel, speckled } from '../model/small-model.js';

useNativeCpu();

let plain: Model;
let augmented: Model;
beforeAll(() => {
  plain = buildModel(smallModel());
  augmented = buildModel(augmentedModel(smallModel()), { predict: { secondPass: false } });
});
afterAll(() => {
  plain.dispose();
  augmented.dispose();
});

/** 320 x 320 px are several tiles of the small model, whose largest one has 5 * 64² px: 143 x 143. */
const image: Image = speckled(320);

/** The nuclei of all regions, assembled together. */
async function assembled(model: Model, side: number) {
  const regions = cutImage(image, side);
  const parts = [];
  for (const { x, y, width, height } of regions)
    parts.push(await model.masksIn(image, { x1: x, y1: y, x2: x + width, y2: y + height }));
  const masks = parts.flatMap((part) => part.masks);
  return { regions, masks, segmentation: assembleMasks(image, masks, parts[0]!.assemble) };
}

test.each([
  ['one detector and view', () => plain],
  ['views that are fused', () => augmented],
] as const)('regions give exactly the nuclei of the whole image: %s', async (_, model) => {
  const whole = await model().segment(image);
  expect(whole.instances.length).toBeGreaterThan(30);
  for (const side of [320, 160, 100]) {
    const { masks, segmentation } = await assembled(model(), side);
    const found = masks.map(({ detection: { box, score } }) => JSON.stringify([box, score]));
    // No nucleus in two regions, which would be dropped as a double and go unnoticed.
    expect(new Set(found).size).toBe(found.length);
    expect(segmentation).toEqual(whole);
  }
});

test('a second pass, which measures the whole image, is refused in regions without a diameter', async () => {
  const twice = buildModel(augmentedModel(smallModel()));
  const part = { x1: 0, y1: 0, x2: 100, y2: 100 };
  await expect(twice.masksIn(image, part)).rejects.toThrow('A second pass measures');
  await expect(twice.masksIn(image, part, { diameter: 20 })).resolves.toBeDefined();
  twice.dispose();
});
