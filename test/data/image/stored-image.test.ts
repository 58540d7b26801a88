import { mkdirSync, readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readImage, writeImage } from '../../../src/data/image/image-io.js';
import type { Image } from '../../../src/data/image/image.js';
import { shownRange } from '../../../src/data/image/intensity.js';
import { channelMedians } from '../../../src/data/image/channel-medians.js';
import { readRegion, type StoredImage } from '../../../src/data/image/stored-image.js';
import { openImage } from '../../helpers/open-image.js';
import { randomFor } from '../../../src/random.js';
import { dataErrorOf } from '../expect-error.js';

const fixtures = path.join(import.meta.dirname, '../../fixtures/images');
const sources = mkdtempSync(path.join(tmpdir(), 'nucleate-stored-'));
const folder = path.join(sources, 'temporary');
mkdirSync(folder);
beforeAll(() => {
  vi.stubEnv('TMPDIR', folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(sources, { recursive: true });
});

/** As if the image were too large for memory. */
const unpack = async (file: string) => (await openImage(file, 0)) as StoredImage;

test('an image that fits into memory is read into memory', async () => {
  const file = path.join(fixtures, 'rgb16.png');
  expect(await openImage(file)).toEqual(await readImage(file));
});

const accepted = (
  await Promise.all(
    readdirSync(fixtures)
      .filter((name) => !name.endsWith('.ts'))
      .map(async (name) => {
        const image = await readImage(path.join(fixtures, name)).catch(() => undefined);
        return image ? [{ name, image }] : [];
      }),
  )
).flat();

describe('an unpacked file has the values of the file in memory', () => {
  test.each(accepted)('$name', async ({ name, image }) => {
    const stored = await unpack(path.join(fixtures, name));
    const { width, height, channels } = image;
    expect(stored).toMatchObject({ width, height, channels });
    expect(stored.read({ x1: 0, y1: 0, x2: width, y2: height })).toEqual(image);
    const part = { x1: 1, y1: 1, x2: width, y2: height };
    expect(stored.read(part)).toEqual(readRegion(image, part));
    for (const mode of ['full', 'stretched'] as const)
      expect(shownRange(stored, mode)).toEqual(shownRange(image, mode));
    expect(stored.channelMedians).toEqual(channelMedians(image));
    stored.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('there are enough kinds of files', () => {
    expect(accepted.length).toBeGreaterThan(15);
  });
});

test('every rectangle of a larger image, and the same channel medians', async () => {
  const random = randomFor(1, 'stored');
  const image: Image = {
    ...{ width: 217, height: 150, channels: 3 },
    data: Uint16Array.from({ length: 217 * 150 * 3 }, () => Math.floor(65536 * random.uniform() ** 2)),
  };
  const file = path.join(sources, 'large.png');
  await writeImage(file, image);
  const stored = await unpack(file);
  expect(stored.channelMedians).toEqual(channelMedians(image));
  for (let trial = 0; trial < 50; trial++) {
    const [x1, y1] = [Math.floor(217 * random.uniform()), Math.floor(150 * random.uniform())];
    const box = {
      ...{ x1, y1 },
      x2: x1 + 1 + Math.floor((217 - x1) * random.uniform()),
      y2: y1 + 1 + Math.floor((150 - y1) * random.uniform()),
    };
    const region = stored.read(box);
    // Compared as bytes: value by value takes vitest seconds.
    const expected = readRegion(image, box);
    expect([region.width, region.height, region.channels]).toEqual([expected.width, expected.height, 3]);
    expect(Buffer.from(region.data.buffer).equals(Buffer.from(expected.data.buffer))).toBe(true);
    const at = (x: number, y: number) => image.data.slice((y * 217 + x) * 3, (y * 217 + x) * 3 + 3);
    expect(region.data.slice(0, 3)).toEqual(at(x1, y1));
    expect(region.data.slice(-3)).toEqual(at(box.x2 - 1, box.y2 - 1));
  }
  stored.close();
});

test('a file that cannot be read into memory cannot be unpacked either, and no temporary file is left', async () => {
  const damaged = path.join(sources, 'damaged.png');
  writeFileSync(damaged, readFileSync(path.join(fixtures, 'rgb16.png')).subarray(0, 70));
  for (const file of [damaged, path.join(fixtures, 'huge.png'), path.join(fixtures, 'rgba8-fading.png')]) {
    const error = await dataErrorOf(openImage(file, 0));
    expect(error.where).toBe(file);
  }
  expect(readdirSync(folder)).toEqual([]);
});
