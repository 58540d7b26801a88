import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelFile } from '../../src/config/model-file.js';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import type { Image } from '../../src/data/image/image.js';
import { imagePart } from '../../src/data/image/image-part.js';
import { readImage } from '../../src/data/image/image-io.js';
import { readLabelImage } from '../../src/data/image/label-io.js';
import { readRegion } from '../../src/data/image/stored-image.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { settingsFor, type SegmentSettings } from '../../src/model/segment-settings.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from './small-model.js';

useNativeCpu();

describe('settings for one image', () => {
  let file: ModelFile;
  beforeAll(() => ({ file } = smallModel({ minArea: 20, scoreThreshold: 0.4 })));

  test('what is asked for takes the place of the own, and own ones in px follow the diameter', () => {
    expect(settingsFor(file, {}, {})).toEqual({ assemble: file.assemble });
    // Of DSB2018 at a zoom of 1: 37 px.
    const { assemble, scale } = settingsFor(file, {}, { diameter: 74, scoreThreshold: 0.2 });
    expect(scale).toEqual({ diameter: 74, zoom: 0.5 });
    expect(assemble).toEqual({ ...file.assemble, scoreThreshold: 0.2, minArea: 80 });
    expect(settingsFor(file, {}, { diameter: 74, minArea: 5 }).assemble.minArea).toBe(5);
  });

  test('areas that no nucleus can have are an error', () => {
    const problem = 'No nucleus has at least 20 px and at most 19 px.';
    expect(() => settingsFor(file, {}, { maxArea: 19 })).toThrow(problem);
    expect(settingsFor(file, {}, { maxArea: 20 }).assemble.maxArea).toBe(20);
  });
});

describe('a region', () => {
  const region = { x: 20, y: 30, width: 70, height: 50 };
  let model: Model;
  beforeAll(() => (model = buildModel(smallModel({ minArea: 4 }))));
  afterAll(() => model.dispose());

  test('the nuclei of the part, at their place in the whole image', async () => {
    const image = speckled(120);
    const { labelImage, instances } = await model.segment(image, { region });
    const part = await model.predictor.segment(imagePart(image, region), model.file.assemble);
    expect(part.instances.length).toBeGreaterThan(0);
    expect([labelImage.width, labelImage.height]).toEqual([120, 120]);
    expect(cut(labelImage, region).labels).toEqual(part.labelImage.labels);
    const nonzero = (labels: ArrayLike<number>) => Array.from(labels).filter((label) => label > 0).length;
    expect(nonzero(labelImage.labels)).toBe(nonzero(part.labelImage.labels));
    expect(instances.map(({ box: { x1, y2 } }) => [x1 - 20, y2 - 30])).toEqual(
      part.instances.map(({ box: { x1, y2 } }) => [x1, y2]),
    );
  });

  test('the whole image as a region is the whole image', async () => {
    const image = speckled(90);
    const whole = { x: 0, y: 0, width: 90, height: 90 };
    expect(await model.segment(image, { region: whole })).toEqual(await model.segment(image));
  });

  test('beyond the image it is an error', async () => {
    await expect(model.segment(speckled(80), { region })).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe('the bundled model', { timeout: 120_000 }, () => {
  let model: Model;
  let image: Image;
  let truth: LabelImage;
  beforeAll(async () => {
    model = buildModel(await readModelFolder('models/nucleate-small'));
    image = await readImage('examples/dsb2018-mini/f-04acab76.png');
    truth = await readLabelImage('examples/dsb2018-mini/f-04acab76_masks.png');
  });
  afterAll(() => model.dispose());

  const f1 = async (shown: Image, target: LabelImage, settings: SegmentSettings) => {
    const { labelImage } = await model.segment(shown, settings);
    return likeness(target, labelImage);
  };

  test('a diameter finds the nuclei of an image of twice and of half the size', async () => {
    const usual = await f1(image, truth, {});
    const diameter = 19;
    for (const factor of [2, 0.5]) {
      const found = await f1(resized(image, factor), resizedLabels(truth, factor), {
        diameter: diameter * factor,
      });
      expect(found, `x ${factor}`).toBeGreaterThan(usual - 0.05);
    }
  });

  test('a region has the nuclei of the crop, away from the cut', async () => {
    const region = { x: 40, y: 30, width: 160, height: 170 };
    const part = await model.segment(image, { region });
    const box = { x1: 40, y1: 30, x2: 200, y2: 200 };
    const crop = await model.segment(readRegion(image, box));
    const inner = { x: 20, y: 20, width: 120, height: 130 };
    const found = cut(cut(part.labelImage, region), inner);
    expect(likeness(cut(crop.labelImage, inner), found)).toBeGreaterThan(0.95);
  });

  test('border drop leaves out exactly the nuclei at the border', async () => {
    const { instances } = await model.segment(image);
    const { width, height } = image;
    const inside = instances.filter(
      ({ box }) => box.x1 > 0 && box.y1 > 0 && box.x2 < width && box.y2 < height,
    );
    expect(inside.length).toBeLessThan(instances.length);
    const left = await model.segment(image, { border: 'drop' });
    expect(left.instances.map(({ box }) => box)).toEqual(inside.map(({ box }) => box));
  });
});

/** F1 at an IoU of 0.5. */
function likeness(truth: LabelImage, found: LabelImage): number {
  const { tp, gtCount, predCount } = evaluateImage(truth, found, { id: '' });
  return (2 * tp[0]!) / (gtCount + predCount);
}

type Area = Parameters<typeof imagePart>[1];

/** Labels of a part, numbered anew. */
function cut({ width: row, labels }: LabelImage, { x, y, width, height }: Area): LabelImage {
  const part = new Int32Array(width * height);
  for (let v = 0; v < height; v++)
    part.set(labels.subarray((y + v) * row + x, (y + v) * row + x + width), v * width);
  return { width, height, labels: part };
}

/** Twice: each pixel four times. Half: the mean of four. */
function resized({ width, height, channels, data }: Image, factor: number): Image {
  const size = { width: width * factor, height: height * factor };
  const values = new Uint8Array(size.width * size.height * channels);
  const step = Math.max(1, 1 / factor);
  for (let y = 0, at = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let v = 0; v < step; v++)
          for (let u = 0; u < step; u++)
            sum += data[((Math.floor(y / factor) + v) * width + Math.floor(x / factor) + u) * channels + c]!;
        values[at++] = Math.round(sum / step ** 2);
      }
    }
  }
  return { ...size, channels, data: values };
}

/** The nearest label. */
function resizedLabels({ width, height, labels }: LabelImage, factor: number): LabelImage {
  const size = { width: width * factor, height: height * factor };
  const step = 1 / factor;
  const values = Int32Array.from({ length: size.width * size.height }, (_, at) => {
    const x = Math.floor((at % size.width) * step);
    const y = Math.floor(Math.floor(at / size.width) * step);
    return labels[y * width + x]!;
  });
  return { ...size, labels: values };
}
