/** A large dataset is imported in bounded memory: 10,000 images with 1,000,000 nuclei as GeoJSON of QuPath. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodePng } from '../../src/data/image/image-io.js';
import { openDataset } from '../../src/data/read/dataset.js';
import { writePlainDataset } from '../../src/data/read/plain-dataset.js';

const imageCount = 10_000;
/** On a grid in each image; octagons of 9 px, px apart. */
const grid = { side: 10, pitch: 12 };
const side = grid.side * grid.pitch;

const folder = mkdtempSync(join(tmpdir(), 'nucleate-large-import-'));
afterAll(() => rmSync(folder, { recursive: true }), 600_000);

/** Peak resident memory of this process, bytes. */
const peakMemory = () => process.resourceUsage().maxRSS * 1024;

const octagon = [[3, 0], [6, 0], [9, 3], [9, 6], [6, 9], [3, 9], [0, 6], [0, 3], [3, 0]]; // prettier-ignore

function annotations(): string {
  const features = Array.from({ length: grid.side ** 2 }, (_, index) => {
    const [left, top] = [
      1 + grid.pitch * (index % grid.side),
      1 + grid.pitch * Math.floor(index / grid.side),
    ];
    const coordinates = [octagon.map(([x, y]) => [left + x!, top + y!])];
    return {
      ...{ type: 'Feature', geometry: { type: 'Polygon', coordinates } },
      properties: { objectType: 'detection', classification: { name: 'Nucleus' } },
    };
  });
  return JSON.stringify({ type: 'FeatureCollection', features });
}

test(
  '10,000 images with 1,000,000 nuclei: all are written, with progress, within 2 GB',
  { timeout: 3_600_000 },
  async () => {
    const [images, labels] = [join(folder, 'images'), join(folder, 'labels')];
    for (const path of [images, labels]) mkdirSync(path);
    const text = annotations();
    for (let image = 0; image < imageCount; image++) {
      // Every image has pixels of its own: its number in its first pixels.
      const data = new Uint8Array(side * side).fill(image % 200);
      new DataView(data.buffer).setUint32(0, image);
      const name = `image-${String(image).padStart(6, '0')}`;
      writeFileSync(
        join(images, `${name}.png`),
        await encodePng({ width: side, height: side, channels: 1, data }),
      );
      writeFileSync(join(labels, `${name}.geojson`), text);
    }
    const dataset = await openDataset(images, { labels });
    const begin = process.cpuUsage();
    const seen: number[] = [];
    const source = { dataset, path: labels, annotator: 'ada' };
    const { sources } = await writePlainDataset([source], join(folder, 'out'), {
      ...{ version: '1', now: new Date(0) },
      onImage: (done) => seen.push(done),
    });
    await dataset.close();
    const { user, system } = process.cpuUsage(begin);
    expect(sources[0]).toMatchObject({ images: imageCount, nuclei: imageCount * grid.side ** 2 });
    expect(seen).toEqual(Array.from({ length: imageCount }, (_, index) => index + 1));
    expect(peakMemory()).toBeLessThan(2e9);
    // Minutes of a processor, not of a clock, which other programs slow down.
    expect((user + system) / 60e6).toBeLessThan(15);
  },
);
