import path from 'node:path';
import { expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import { writeLabelImage } from '../../src/data/image/label-io.js';
import { readFinetuneData } from '../../src/finetune/finetune-data.js';
import { randomFor } from '../../src/random.js';
import { scratchFolder } from '../run/scratch.js';

const side = 48;

/** The images that validate, of a dataset of images with so many nuclei each: squares of 4 px on noise. */
async function validating(counts: readonly number[]): Promise<string[]> {
  const folder = scratchFolder();
  for (const [index, count] of counts.entries()) {
    const random = randomFor(1, 'noise', index);
    const data = Uint8Array.from({ length: side * side }, () => random.integer(256));
    const labels = Int32Array.from({ length: side * side }, (_, at) => {
      const [column, row] = [at % side, Math.floor(at / side)];
      const label = (row >> 3) * (side >> 3) + (column >> 3) + 1;
      return column % 8 < 4 && row % 8 < 4 && label <= count ? label : 0;
    });
    const name = path.join(folder, `with-${count}-${index}`);
    await writeImage(`${name}.png`, { width: side, height: side, channels: 1, data });
    await writeLabelImage(`${name}_masks.png`, { width: side, height: side, labels });
  }
  const data = await readFinetuneData({ paths: [folder] }, { seed: 1, intensity: 'full' });
  return data.validation.map(({ id }) => id);
}

test.each([
  { counts: [1, 20, 4, 9, 6], validates: 'with-4-2' },
  { counts: [20, 20, 20, 20, 16], validates: 'with-16-4' },
  // An image without a nucleus cannot tell whether the model is better.
  { counts: [0, 30, 9, 0, 10], validates: 'with-9-2' },
  // Without the only image with nuclei there would be nothing to learn.
  { counts: [12, 0, 0, 0], validates: 'with-0-3' },
])('of $counts nuclei the image with about a tenth validates', async ({ counts, validates }) => {
  expect(await validating(counts)).toEqual([validates]);
});
