import path from 'node:path';
import { expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import { writeLabelImage } from '../../src/data/image/label-io.js';
import { type FinetuneData, readFinetuneData } from '../../src/finetune/finetune-data.js';
import { randomFor } from '../../src/random.js';
import { readAll } from '../data/read-all.js';
import { scratchFolder } from '../run/scratch.js';
import { writeDiscs } from './small-finetune.js';

const side = 48;

/** Of a dataset of images with so many nuclei each: squares of 4 px on noise. */
async function dataOf(counts: readonly number[]): Promise<FinetuneData> {
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
  return readFinetuneData({ paths: [folder] }, { seed: 1, intensity: 'full' });
}

const idsOf = (examples: readonly { readonly id: string }[]) => examples.map(({ id }) => id);

test.each([
  { counts: [1, 20, 4, 9, 6], validates: 'with-4-2' },
  { counts: [20, 20, 20, 20, 16], validates: 'with-16-4' },
  // An image without a nucleus cannot tell whether the model is better.
  { counts: [0, 30, 9, 0, 10], validates: 'with-9-2' },
])('of $counts nuclei the image with about a tenth validates', async ({ counts, validates }) => {
  const { validation, unseen } = await dataOf(counts);
  expect(unseen).toBe(true);
  expect(idsOf(validation)).toEqual([validates]);
});

test('if one image has all nuclei, all are learnt from: none can be left out that could tell', async () => {
  const { train, validation, unseen } = await dataOf([12, 0, 0, 0]);
  expect(unseen).toBe(false);
  expect(idsOf(validation).sort()).toEqual(['with-0-1', 'with-0-2', 'with-0-3', 'with-12-0']);
  expect(idsOf(train)).toEqual(idsOf(validation));
});

test('older images that are among the corrected ones, or copies of them, are not learnt from again', async () => {
  const folder = scratchFolder();
  const mine = await writeDiscs(path.join(folder, 'mine'), 5);
  const older = await writeDiscs(path.join(folder, 'older'), 7);
  // A copy under another name: mirrored and darker.
  const { image, labelImage } = (await readAll(older)).find(({ id }) => id === 'image-6')!;
  const { width, height } = labelImage;
  const mirrored = <Values extends Int32Array | Uint8Array>(values: Values): Values =>
    values.map((_, at) => values[at - (at % width) + (width - 1 - (at % width))]!) as Values;
  const dark = mirrored(image.data as Uint8Array).map((value) => Math.round(0.8 * value));
  await writeImage(path.join(mine, 'copy.png'), { width, height, channels: 1, data: dark });
  await writeLabelImage(path.join(mine, 'copy_masks.png'), {
    width,
    height,
    labels: mirrored(Int32Array.from(labelImage.labels)),
  });

  const read = (replay: string) =>
    readFinetuneData({ paths: [mine], replay }, { seed: 1, intensity: 'full' });
  const { train, validation, replayed, warnings } = await read(older);
  expect(idsOf(train).filter((id) => id.startsWith('replay-'))).toEqual(['replay-image-7']);
  expect(replayed).toBe(1);
  expect(train.length - replayed + validation.length).toBe(6);
  expect(warnings.map(({ what }) => what)).toEqual([
    '6 of 7 older images are among the corrected ones, or copies of them: they are not learnt from again.',
  ]);
  await expect(read(mine)).rejects.toMatchObject({
    message: 'All older images are among the corrected ones, or copies of them.',
    exitCode: 3,
  });
});
