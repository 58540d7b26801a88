import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pixelHashOf } from '../../../src/data/image/pixel-hash.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { readAll } from '../read-all.js';
import { readSplit } from '../../../src/data/split/split-file.js';

const folder = join(import.meta.dirname, '../../../examples/dsb2018-mini');
const rows = readFileSync(join(folder, 'sample.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [name, imageId, cluster, mosaic, x, y, width, height, nuclei] = line.split(',');
    return { name, imageId, cluster, mosaic, x: Number(x), y: Number(y), width, height, nuclei };
  });

test('the bundled sample reads, and sample.csv describes it', async () => {
  const examples = await readAll(folder);
  const described = examples.map(({ id, image, instanceCount }) => ({
    name: id,
    width: String(image.width),
    height: String(image.height),
    nuclei: String(instanceCount),
  }));
  expect(described).toEqual(rows.map(({ name, width, height, nuclei }) => ({ name, width, height, nuclei })));
  for (const { image, instanceCount } of examples) {
    expect(image.data).toBeInstanceOf(Uint8Array);
    expect(instanceCount).toBeGreaterThan(0);
  }
});

test('the bundled sample is varied and small', () => {
  expect(rows.length).toBeGreaterThanOrEqual(16);
  expect(rows.length).toBeLessThanOrEqual(24);
  expect([...new Set(rows.map(({ cluster }) => cluster))]).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(new Set(rows.map(({ mosaic }) => mosaic)).size).toBe(rows.length);
  for (const { name, imageId, cluster } of rows) expect(name).toBe(`${cluster}-${imageId!.slice(0, 8)}`);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(3_000_000);
});

test('grey images are stored as grey', async () => {
  for (const { id, image } of await readAll(folder)) {
    const isGrey = image.data.every((value, index) => value === image.data[index - (index % image.channels)]);
    expect(image.channels, id).toBe(isGrey ? 1 : 3);
  }
});

test('its split agrees with that of the whole dataset: images not seen there are not seen here', async () => {
  const splits = join(import.meta.dirname, '../../../configs/splits');
  const whole = await readSplit(join(splits, 'dsb2018.json'));
  const dataset = await openDataset(folder);
  const pixels = new Map<string, string>();
  for (const entry of dataset.images) pixels.set(entry.id, pixelHashOf((await entry.read()).image));
  expect(await readSplit(join(splits, 'dsb2018-mini.json'))).toEqual({
    ...whole,
    dataset: await dataset.identity(),
    images: Object.fromEntries(
      rows.map(({ name, imageId }): [string, unknown] => [
        name!,
        { ...whole.images[imageId!], pixels: pixels.get(name!) },
      ]),
    ),
  });
  await dataset.close();
  const validating = rows.filter(({ imageId }) => whole.images[imageId!]!.fold === 0);
  expect(validating).toHaveLength(7);
});
