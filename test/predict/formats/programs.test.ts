import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { writeImage } from '../../../src/data/image/image-io.js';
import type { Image } from '../../../src/data/image/image.js';
import { readAll } from '../../data/read-all.js';
import type { Segmentation } from '../../../src/predict/assemble/segmentation.js';
import { outputFormatNames } from '../../../src/predict/formats/output-formats.js';
import { writeOutputs } from '../../../src/predict/formats/write-outputs.js';
import { labelImageOf, segmentationOf, segmentations } from './segmentations.js';
import { findPython } from './python-environment.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const python = findPython();
const without = python
  ? ''
  : ' (skipped: npx tsx test/predict/formats/python-environment.ts makes the Python)';

test.skipIf(!python)(
  `pycocotools, scikit-image, tifffile, shapely and roifile read every output${without}`,
  { timeout: 120_000 },
  async () => {
    const sample = await readAll(path.join(import.meta.dirname, '../../../examples/dsb2018-mini'));
    const chosen = sample.filter(({ id }) => /^(a-5|b-4|d-3|e-1)/u.test(id));
    const knots = fc.sample(segmentations, { seed: 1, numRuns: 30 });
    const images: { name: string; image: Image; segmentation: Segmentation }[] = [
      ...chosen.map(({ id, image, labelImage }) => ({
        name: id,
        image,
        segmentation: segmentationOf(labelImage),
      })),
      ...knots.map((segmentation, index) => ({
        name: `knot ${index}`,
        image: noise(segmentation),
        segmentation,
      })),
      { name: 'none', ...nothing() },
    ];
    const expected: object[] = [await writeWideLabels()];
    for (const { name, image, segmentation } of images) {
      await writeOutputs(folder, name, { image, segmentation }, outputFormatNames);
      const { width, height, labels } = segmentation.labelImage;
      const files = { labels: `${name}.i32`, image: `${name}.png` };
      writeFileSync(path.join(folder, files.labels), new Uint8Array(labels.buffer));
      await writeImage(path.join(folder, files.image), image);
      expected.push({
        name,
        width,
        height,
        ...files,
        scores: segmentation.instances.map(({ score }) => score),
      });
    }
    writeFileSync(path.join(folder, 'expected.json'), JSON.stringify(expected));
    const script = path.join(import.meta.dirname, 'check_outputs.py');
    const said = execFileSync(python!, [script, folder], { encoding: 'utf8' });
    const nuclei = images.reduce((sum, { segmentation }) => sum + segmentation.instances.length, 0);
    expect(chosen.length).toBe(4);
    expect(nuclei).toBeGreaterThan(150);
    expect(said.trim()).toBe(`${images.length + 1} images, ${nuclei} nuclei, 9 formats`);
  },
);

/** 8-bit colour or 16-bit grey: Pillow knows no 16-bit colour. */
function noise({ labelImage: { width, height } }: Segmentation): Image {
  const value = (_: unknown, index: number) => (index * 40_503) % 65_536;
  if (width % 2 === 0)
    return { width, height, channels: 1, data: Uint16Array.from({ length: width * height }, value) };
  return { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, value) };
}

function nothing() {
  const segmentation = segmentationOf(labelImageOf(['...', '...']));
  return { image: noise(segmentation), segmentation };
}

/** Labels that need 32 bits. */
async function writeWideLabels() {
  const size = { width: 257, height: 256 };
  const labels = Int32Array.from({ length: 257 * 256 }, (_, pixel) => pixel);
  const image: Image = { ...size, channels: 1, data: new Uint8Array(labels.length) };
  const segmentation = { labelImage: { ...size, labels }, instances: [] };
  await writeOutputs(folder, 'wide', { image, segmentation }, ['labels']);
  writeFileSync(path.join(folder, 'wide.i32'), new Uint8Array(labels.buffer));
  return { name: 'wide', ...size, labels: 'wide.i32', scores: [] };
}
