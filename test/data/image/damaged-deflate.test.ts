import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { findImages, openContent, readImage } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import { randomFor } from '../../../src/random.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-deflate-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Few values, so that a changed bit often gives another pixel and nothing else that is wrong: then only the checksum tells.
const random = randomFor(1, 'noise');
const side = 300;
const noise = Uint8Array.from({ length: side * side }, () => random.integer(12));
const tiff = (tile: boolean) =>
  sharp(noise, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'deflate', predictor: 'none', tile, tileWidth: 128, tileHeight: 128 })
    .toBuffer();

test.each([false, true])('a changed byte of pixels in Deflate is noticed, in tiles: %s', async (tile) => {
  const whole = await tiff(tile);
  expect((await readImage(whole)).data).toEqual(noise);
  for (let part = 0.1; part < 0.9; part += 0.05) {
    const changed = Buffer.from(whole);
    changed[Math.floor(part * whole.length)]! ^= 1;
    const error = { exitCode: 3, message: expect.stringContaining('damaged') as string };
    await expect(readImage(changed)).rejects.toMatchObject(error);
    await expect(readLabelImage(changed)).rejects.toMatchObject(error);
    const file = path.join(folder, 'changed.tif');
    writeFileSync(file, changed);
    const [found] = await findImages(await openContent(file), {}, file);
    await expect(found!.unpack(path.join(folder, 'unpacked.v'))).rejects.toMatchObject(error);
  }
});
