import { AssembleSettings } from '../../src/config/assemble.js';
import { DetectorConfig } from '../../src/config/detector.js';
import { PredictSettings } from '../../src/config/predict.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import type { Image } from '../../src/data/image/image.js';
import type { ModelFolder } from '../../src/model/model-folder.js';
import { buildDetector } from '../../src/models/detector/detector.js';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { weightsOf } from '../../src/models/weights.js';
import { toStored } from '../../src/models/stored-tensors.js';

/**
 * A model of two very small networks with their initial weights: its nuclei mean nothing, but all that a trained model
 * does can be tried with it.
 */
export function smallModel(assemble: object = {}): ModelFolder {
  const detector = DetectorConfig.parse({
    task: 'detector',
    loader: { zoom: 1 },
    model: {
      backbone: { width: 0.125, block35: 1, block17: 1, block8: 1 },
      levels: [{ stride: 4, sizes: [12, 20] }],
      pyramidChannels: 8,
      rpn: { channels: 8 },
      proposals: { preNmsTopK: 40, postNmsTopK: 20 },
      boxHead: { poolSize: 3, units: [8] },
      detections: { scoreThreshold: 0, maxPerTile: 20 },
      auxiliaryWeight: 0,
    },
    tiles: { size: 64, overlap: 32 },
  });
  const segmenter = SegmenterConfig.parse({
    task: 'segmenter',
    loader: { cropSize: 16 },
    model: { width: 0.125, depth: 3 },
    inference: { batchSize: 8 },
  });
  const origin = { run: 'small', step: 0, dataset: '', versions: {}, commit: null, score: null };
  const boxes = buildDetector(detector.model, { size: 64, seed: 1 });
  const masks = buildSegmenter({ ...segmenter.model, size: segmenter.loader.cropSize, seed: 1 });
  const model: ModelFolder = {
    file: {
      ...{ format: 2, name: 'small', created: '2026-11-22T00:00:00.000Z', precision: 'float32' },
      detector: { config: detector, sha256: '0'.repeat(64), origin },
      segmenter: { config: segmenter, sha256: '0'.repeat(64), origin },
      // Weights that have learnt nothing give every pixel about a third for each class.
      assemble: AssembleSettings.parse({ scoreThreshold: 0, maskThreshold: 0.3, ...assemble }),
      predict: PredictSettings.parse({}),
      tuned: null,
    },
    detector: toStored(boxes.weights.all),
    segmenter: toStored(weightsOf(masks).all),
  };
  boxes.dispose();
  masks.dispose();
  return model;
}

/** How {@link looking} looks at images, and the sizes that it takes for usual: it looks a second time. */
const looks = { tta: ['polarity'], secondPass: true } satisfies PredictSettings;
const sizes = { low: 1, typical: 6, high: 8 };

/**
 * The same model with looks that are not plain. It is sure of all that it finds, so that the second pass has something
 * to go by, and finds boxes that are usual in DSB2018, so that a second pass tells that its own sizes were taken.
 */
export function looking({ file, detector, segmenter }: ModelFolder): ModelFolder {
  const sure = new Map(detector);
  for (const name of ['rpn/objectness_x2/bias', 'box_head/logits/bias']) {
    const { shape } = sure.get(name)!;
    sure.set(name, { dtype: 'F32', shape, data: new Float32Array(shape[0]!).fill(5) });
  }
  const { config } = file.detector;
  const levels = [{ ...config.model.levels[0]!, sizes: [24, 40] }];
  const larger = { ...config, model: { ...config.model, levels } };
  return {
    file: { ...file, detector: { ...file.detector, config: larger, sizes }, predict: looks },
    ...{ detector: sure, segmenter },
  };
}

/** A grey image of squares modulo a prime, which look like noise. */
export const speckled = (size: number): Image => ({
  ...{ width: size, height: size, channels: 1 },
  data: Uint8Array.from({ length: size * size }, (_, i) => (i * i) % 251),
});
