import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import type { Image } from '../../src/data/image/image.js';
import { openImage } from '../helpers/open-image.js';
import { type Detection, DetectorPredictor } from '../../src/predict/detect.js';
import { plainView, ttaViews } from '../../src/predict/tta.js';
import { randomFor } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { fromStored } from '../../src/models/stored-tensors.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from '../model/small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-detect-'));
let predictor: DetectorPredictor;
beforeAll(() => {
  const { file, detector } = smallModel();
  predictor = new DetectorPredictor({ config: file.detector.config, mode: 'compiled' });
  const weights = fromStored(detector);
  predictor.load(weights);
  tf.dispose(weights);
});
afterAll(() => {
  predictor.dispose();
  rmSync(folder, { recursive: true });
});

/** Blurry spots on a slope, so that no two views are alike. */
function spots(width: number, height: number, channels: 1 | 3 = 1): Image {
  const random = randomFor(3, 'spots');
  const centres = Array.from({ length: 12 }, () => [width * random.uniform(), height * random.uniform()]);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = centres.reduce((sum, [u, v]) => sum + Math.exp(-((x - u!) ** 2 + (y - v!) ** 2) / 30), 0);
      data.fill(
        Math.min(255, 20 + x / 4 + y / 8 + 180 * light),
        (y * width + x) * channels,
        (y * width + x + 1) * channels,
      );
    }
  }
  return { width, height, channels, data };
}

const byPlace = (found: readonly Detection[]) =>
  found
    .map(({ box, score }) => [box.x1, box.y1, box.x2, box.y2, score].map((value) => Number(value.toFixed(3))))
    .sort(
      (one, other) =>
        one[1]! - other[1]! || one[0]! - other[0]! || one[3]! - other[3]! || one[2]! - other[2]!,
    );

test('an image on disk gives the same as in memory, tile by tile', async () => {
  const image = spots(150, 110, 3);
  const file = path.join(folder, 'spots.png');
  await writeImage(file, image);
  const stored = await openImage(file, 0);
  const whole = await predictor.detect({ image });
  expect(whole.detections.length).toBeGreaterThan(20);
  expect(await predictor.detect({ image: stored })).toEqual(whole);
  if ('read' in stored) stored.close();
});

describe('views', () => {
  const image = spots(64, 64);
  /** What the view shows, as an image of its own. */
  const shown = (of: (x: number, y: number) => number): Image => ({
    ...image,
    data: Uint8Array.from({ length: 64 * 64 }, (_, at) => of(at % 64, Math.floor(at / 64))),
  });
  const at = (x: number, y: number) => image.data[y * 64 + x]!;

  test('a flipped view finds in the image what the plain one finds in the flipped image, flipped back', async () => {
    const flipped = await predictor.detect({ image: shown((x, y) => at(63 - x, y)) });
    const view = ttaViews(['flips']).find(({ turn }) => turn.xx === -1 && turn.yy === 1)!;
    const found = await predictor.detect({ image }, { views: [view] });
    const back = flipped.detections.map(({ box, score }) => ({
      box: { ...box, x1: 64 - box.x2, x2: 64 - box.x1 },
      score,
    }));
    expect(found.detections.length).toBeGreaterThan(5);
    expect(byPlace(found.detections)).toEqual(byPlace(back));
  });

  test('so does a quarter turn', async () => {
    const view = ttaViews(['turns']).find(({ turn }) => turn.xx === 0 && turn.xy * turn.yx === -1)!;
    const { xy, yx } = view.turn;
    const source = (step: number, along: number) => (along === 1 ? step : 63 - step);
    const turned = await predictor.detect({ image: shown((u, v) => at(source(v, xy), source(u, yx))) });
    const found = await predictor.detect({ image }, { views: [view] });
    const back = turned.detections.map(({ box, score }) => {
      const [x1, x2] = xy === 1 ? [box.y1, box.y2] : [64 - box.y2, 64 - box.y1];
      const [y1, y2] = yx === 1 ? [box.x1, box.x2] : [64 - box.x2, 64 - box.x1];
      return { box: { x1, y1, x2, y2 }, score };
    });
    expect(byPlace(found.detections)).toEqual(byPlace(back));
  });

  test('polarity shows white as black', async () => {
    const inverted = await predictor.detect({ image: shown((x, y) => 255 - at(x, y)) });
    const found = await predictor.detect({ image }, { views: [{ ...plainView, inverted: true }] });
    expect(byPlace(found.detections)).toEqual(byPlace(inverted.detections));
  });

  test('progress is reported as a fraction over several views, and no tensor is left', async () => {
    const shares: number[] = [];
    const { numTensors } = tf.memory();
    await predictor.detect(
      { image },
      { views: ttaViews(['flips']), onProgress: (share) => shares.push(share) },
    );
    expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

test('images of any size in any order, each as if it were the only one', async () => {
  const alone = async (image: Image) => {
    const { file, detector } = smallModel();
    const single = new DetectorPredictor({ config: file.detector.config, mode: 'eager', weights: detector });
    const found = await single.detect({ image });
    single.dispose();
    return found;
  };
  for (const [width, height] of [
    [1, 1],
    [64, 64],
    [33, 150],
    [150, 33],
    [300, 260],
    [5, 90],
    [64, 64],
  ] as const) {
    const image = spots(width, height);
    const found = await predictor.detect({ image });
    const expected = await alone(image);
    expect(found.omitted).toBe(expected.omitted);
    expect(byPlace(found.detections)).toEqual(byPlace(expected.detections));
  }
});

test('a larger tile has room for more detections', async () => {
  // 20 in 64 x 64 px, and 5 times as many in the largest tile.
  const count = async (side: number) => {
    const { detections, omitted } = await predictor.detect({ image: spots(side, side) });
    return [detections.length, omitted];
  };
  expect((await count(64))[0]).toBeLessThanOrEqual(20);
  expect((await count(140))[0]).toBeGreaterThan(40);
});

test('where an image has one colour there are no nuclei', async () => {
  const image = { ...spots(64, 64), data: new Uint8Array(64 * 64).fill(40) };
  expect(await predictor.detect({ image })).toEqual({ detections: [], omitted: 0 });
});

test('signals are handled between two tiles', async () => {
  const happened: string[] = [];
  const onProgress = (share: number) => {
    happened.push(`tile ${share}`);
    setImmediate(() => happened.push('signal'));
  };
  await predictor.detect({ image: spots(2000, 20) }, { onProgress });
  expect(happened.length).toBeGreaterThan(2);
  expect(happened).toEqual(happened.map((_, index) => (index % 2 === 1 ? 'signal' : happened[index])));
  expect(happened.at(-2)).toBe('tile 1');
});
