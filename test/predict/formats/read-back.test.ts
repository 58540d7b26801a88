/** What `predict` writes is read back to the pixel, as a target of `eval` and as a dataset. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../../src/data/image/image-io.js';
import { openPrediction } from '../../../src/eval/sources/open.js';
import { outputFormats, type OutputFormat } from '../../../src/predict/formats/output-formats.js';
import { writeWhole } from '../../../src/predict/formats/write-file.js';
import type { Segmentation } from '../../../src/predict/assemble/segmentation.js';
import { readAll } from '../../data/read-all.js';
import { segmentationOf, segmentations } from './segmentations.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-read-back-'));
afterAll(() => rmSync(folder, { recursive: true }));

const formats = ['labels', 'run-length', 'coco', 'coco-polygons', 'geojson', 'imagej'] as const;

const imageOf = ({ labelImage: { width, height } }: Segmentation) => ({
  width,
  height,
  channels: 1 as const,
  data: new Uint8Array(width * height),
});

/** Writes one image in a format, and the image beside it, and reads both. */
async function readBack(format: OutputFormat, segmentation: Segmentation) {
  const image = imageOf(segmentation);
  const encode = await outputFormats[format].load();
  const root = mkdtempSync(join(folder, format));
  const { extension, pieces } = await encode('x', { image, segmentation, fileName: 'x.png' });
  const predicted = join(root, format === 'labels' ? 'labels' : format);
  await writeWhole(join(predicted, `x${extension}`), pieces);
  await writeWhole(join(root, 'images/x.png'), [await encodePng(image)]);
  const source = await openPrediction(predicted);
  const asTarget = await source.read('x', segmentation.labelImage);
  await source.close();
  // A zip without files says by itself neither what it is nor whose.
  if (format !== 'imagej' || segmentation.instances.length > 0) {
    const single = await openPrediction(format === 'labels' ? predicted : join(predicted, `x${extension}`));
    expect(single.ids).toEqual(['x']);
    await single.close();
  }
  const [asDataset] = await readAll(root);
  rmSync(root, { recursive: true });
  return { target: [...asTarget.labelImage.labels], dataset: [...asDataset!.labelImage.labels] };
}

describe.each(formats)('%s', (format) => {
  test('any label image: touching, nested, with holes, in pieces, of single pixels', async () => {
    await fc.assert(
      fc.asyncProperty(segmentations, async (segmentation) => {
        const labels = [...segmentation.labelImage.labels];
        expect(await readBack(format, segmentation)).toEqual({ target: labels, dataset: labels });
      }),
      { numRuns: 15 },
    );
  });

  test('no nuclei', async () => {
    const segmentation = segmentationOf({ width: 2, height: 1, labels: Int32Array.of(0, 0) });
    expect(await readBack(format, segmentation)).toEqual({ target: [0, 0], dataset: [0, 0] });
  });

  test('5,000 nuclei that touch', async () => {
    // Of 3 x 3 px: without an inside they would be taken for a photograph.
    const [width, height] = [300, 150];
    const labels = Int32Array.from(
      { length: width * height },
      (_, at) => Math.floor(Math.floor(at / width) / 3) * 100 + Math.floor((at % width) / 3) + 1,
    );
    const segmentation = segmentationOf({ width, height, labels });
    expect(segmentation.instances).toHaveLength(5000);
    const all = [...labels];
    expect(await readBack(format, segmentation)).toEqual({ target: all, dataset: all });
  });
});
