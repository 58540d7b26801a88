import { AssembleSettings } from '../../src/config/assemble.js';
import { DetectorConfig } from '../../src/config/detector.js';
import { currentFormat } from '../../src/config/migrations.js';
import { PredictSettings } from '../../src/config/predict.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import type { Image } from '../../src/data/image/image.js';
import type { ModelFolder } from '../../src/model/model-folder.js';
import { buildDetector } from '../../src/models/detector/detector.js';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { weightsOf } from '../../src/models/weights.js';
import { toStored } from '../../src/models/stored-tensors.js';

/**
 * A model of two very small networks with their initial weights: its nuclei are random, but everything that a trained
 * model does can be tested with it.
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
      ...{ format: currentFormat, name: 'small', created: '2026-11-22T00:00:00.000Z', precision: 'float32' },
      detector: { config: detector, sha256: '0'.repeat(64), origin },
      segmenter: { config: segmenter, sha256: '0'.repeat(64), origin },
      // Untrained weights give every pixel a probability of about a third for each class.
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

/** How {@link augmentedModel} predicts, and its sizes, which cause a second pass. */
const settings = { tta: ['polarity'], secondPass: true, darkZoom: 1 } satisfies PredictSettings;
const sizes = { low: 1, typical: 6, high: 8 };

/**
 * The same model with test-time augmentation and a second pass. All its scores are high, so that the second pass has boxes
 * to measure, and its boxes have typical sizes of DSB2018, so that a second pass proves that its own sizes are used.
 */
export function augmentedModel({ file, detector, segmenter }: ModelFolder): ModelFolder {
  const sure = new Map(detector);
  for (const name of ['rpn/objectness_x2/bias', 'box_head/logits/bias']) {
    const { shape } = sure.get(name)!;
    sure.set(name, { dtype: 'F32', shape, data: new Float32Array(shape[0]!).fill(5) });
  }
  const { config } = file.detector;
  const levels = [{ ...config.model.levels[0]!, sizes: [24, 40] }];
  const larger = { ...config, model: { ...config.model, levels } };
  return {
    file: { ...file, detector: { ...file.detector, config: larger, sizes }, predict: settings },
    ...{ detector: sure, segmenter },
  };
}

/** A grey image of squares modulo a prime, which look like noise. */
export const speckled = (size: number): Image => ({
  ...{ width: size, height: size, channels: 1 },
  data: Uint8Array.from({ length: size * size }, (_, i) => (i * i) % 251),
});
