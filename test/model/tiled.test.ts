import { expect, test } from 'vitest';
import { boxIou } from '../../src/data/geometry/box.js';
import { readImage } from '../../src/data/image/image-io.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { type Detection, DetectorPredictor } from '../../src/predict/detect.js';
import { shownRange } from '../../src/data/image/intensity.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

test('the shipped model finds the same nuclei in tiles as in one piece, those at the seams once', async () => {
  const { file, detector: weights } = await readModelFolder('models/nucleate-small');
  const image = await readImage('examples/dsb2018-mini/a-5afb7932.png');
  const { config } = file.detector;
  const input = { image, intensity: shownRange(image, config.data.intensity)! };
  const detect = async (tiles: { size: number; overlap: number }) => {
    const predictor = new DetectorPredictor({
      config: { ...config, tiles },
      ...{ mode: 'compiled', weights, frozen: true },
    });
    const { detections } = await predictor.detect(input);
    predictor.dispose();
    return detections.filter(({ score }) => score > 0.4);
  };
  const whole = await detect({ size: 512, overlap: 0 });
  const tiled = await detect({ size: 288, overlap: 128 });
  const countIn = (found: readonly Detection[], one: Detection) =>
    found.filter(({ box }) => boxIou(box, one.box) > 0.5).length;
  const shareFound = (of: readonly Detection[], among: readonly Detection[]) =>
    of.filter((one) => countIn(among, one) > 0).length / of.length;
  expect(whole.length).toBeGreaterThan(30);
  expect(shareFound(whole, tiled)).toBeGreaterThan(0.9);
  expect(shareFound(tiled, whole)).toBeGreaterThan(0.9);
  // Each finds itself and nothing else.
  expect(tiled.filter((one) => countIn(tiled, one) !== 1)).toEqual([]);
}, 120_000);
