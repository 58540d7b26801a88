import { AssembleSettings } from '../../src/config/assemble.js';
import { DetectorConfig } from '../../src/config/detector.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import type { ModelFolder } from '../../src/library/model-folder.js';
import { buildDetector } from '../../src/models/detector/detector.js';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { weightsOf } from '../../src/models/weights.js';
import { toStored } from '../../src/train/stored-tensors.js';

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
      proposals: { candidates: 40, count: 20 },
      boxHead: { poolSize: 3, units: [8] },
      detections: { scoreThreshold: 0, count: 20 },
      auxiliaryWeight: 0,
    },
    predict: { tileSize: 64, overlap: 32 },
  });
  const segmenter = SegmenterConfig.parse({
    task: 'segmenter',
    loader: { cropSize: 16 },
    model: { width: 0.125, depth: 3 },
    predict: { batchSize: 8 },
  });
  const origin = { run: 'small', step: 0, dataset: '', versions: {}, commit: null, score: null };
  const boxes = buildDetector(detector.model, { size: 64, seed: 1 });
  const masks = buildSegmenter({ ...segmenter.model, size: segmenter.loader.cropSize, seed: 1 });
  const model: ModelFolder = {
    file: {
      ...{ format: 1, name: 'small', created: '2026-11-22T00:00:00.000Z', precision: 'float32' },
      detector: { config: detector, sha256: '0'.repeat(64), origin },
      segmenter: { config: segmenter, sha256: '0'.repeat(64), origin },
      // Weights that have learnt nothing give every pixel about a third for each class.
      assemble: AssembleSettings.parse({ scoreThreshold: 0, maskThreshold: 0.3, ...assemble }),
      tuned: null,
    },
    detector: toStored(boxes.weights.all),
    segmenter: toStored(weightsOf(masks).all),
  };
  boxes.dispose();
  masks.dispose();
  return model;
}
