import { expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { readPairs } from '../../src/data/label-images.js';
import { DetectorPredictor, type Detection } from '../../src/predict/detect.js';
import { validateDetector } from '../../src/train/detector-validation.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const config = DetectorConfig.parse({
  task: 'detector',
  loader: { zoom: 1 },
  model: {
    backbone: { width: 0.01, block35: 1, block17: 1 },
    levels: [{ stride: 8, sizes: [16, 32] }],
    pyramidChannels: 8,
    rpn: { channels: 8 },
    boxHead: { poolSize: 3, units: [8] },
    proposals: { candidates: 200, count: 20 },
  },
  predict: { tileSize: 128, overlap: 32 },
});

test('pictures show the detections, and the proposals that they come from', async () => {
  const examples = (await readPairs('examples/dsb2018-mini')).filter(({ id }) => id === 'd-76a372bf');
  const [{ image, labelImage }] = examples as [(typeof examples)[number]];
  const predictor = new DetectorPredictor({ config, mode: 'eager' });
  const { pictures } = await validateDetector(predictor, examples, () => {});
  expect(pictures.map(({ name }) => name)).toEqual(['d-76a372bf', 'd-76a372bf-proposals']);
  const [found, proposed] = pictures.map((picture) => picture.image);
  const { width, height } = image;
  expect(found).toMatchObject({ width, height, channels: 3 });
  // An untrained network is sure of nothing: no detection is drawn, and proposals are.
  const differing = proposed!.data.filter((value, i) => value !== found!.data[i]).length;
  expect(differing).toBeGreaterThan(1000);

  const tiles: (readonly Detection[])[] = [];
  await predictor.detect(examples[0]!, { onProposals: (ofTile) => tiles.push(ofTile) });
  expect(tiles.length).toBeGreaterThan(1);
  for (const proposals of tiles) {
    expect(proposals.length).toBeGreaterThan(0);
    expect(proposals.length).toBeLessThanOrEqual(20);
    const scores = proposals.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((one, other) => other - one));
    for (const { box } of proposals) {
      expect(box.x2 - box.x1).toBeGreaterThan(0);
      expect(Math.min(box.x1, box.y1)).toBeGreaterThanOrEqual(0);
      expect(box.x2).toBeLessThanOrEqual(labelImage.width);
    }
  }
  predictor.dispose();
});
