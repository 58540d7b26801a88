import { networkChannels } from '../data/image/network-pixels.js';
import type { DetectorConfig } from '../config/detector.js';
import type { Recipe } from '../data/loader/batch-maker.js';
import type { DetectionBatch } from '../data/loader/detection-batch.js';
import type { Mode, NamedTensors } from '../engine/step.js';
import { auxiliaryTargets } from '../models/detector/auxiliary-targets.js';
import {
  buildDetector,
  type DetectorInputs,
  detectorLossNames,
  networkOptions,
} from '../models/detector/detector.js';
import { widenDetector } from '../models/detector/widen.js';
import { DetectorPredictor } from '../predict/detect.js';
import type { Random } from '../random.js';
import { tf } from '../tf.js';
import { detectorMetricNames, validateDetector } from './detector-validation.js';
import { scoredImages } from './scored-images.js';
import type { Task } from './task.js';
import type { TrainingData } from '../data/loader/training-data.js';

type DetectorRecipe = Recipe & { readonly task: 'detection' };

/**
 * Training of the detector on crops of images.
 *
 * @param mode How validation runs.
 */
export function createDetectorTask(
  config: DetectorConfig,
  data: Pick<TrainingData, 'train' | 'validation'>,
  { mode }: { mode: Mode } = { mode: 'compiled' },
): Task<DetectorRecipe> {
  const { seed, model } = config;
  const hasMaps = model.auxiliaryWeight > 0;
  const { loader } = config;
  const settings = { size: loader.cropSize, seed };
  const detector = buildDetector(model, settings);
  const network = networkOptions(model, settings);
  const images = scoredImages(data.validation, { seed, count: config.scoring.images });
  // Created for the first validation, with its own copy of the network: the one in training is not touched.
  let predictor: DetectorPredictor | undefined;
  return {
    recipe: { task: 'detection', seed, examples: data.train, loader },
    weights: detector.weights,
    // Both networks take pixels from -1 to 1.
    published: { network: 'inception-resnet-v2', adapt: (values) => values },
    ...(network.kind === 'pyramid' && { widen: (narrow) => widenDetector(narrow, network) }),
    lossNames: detectorLossNames(model),
    scoreName: 'box AP',
    metricNames: detectorMetricNames,
    inputs: (batch, random) => {
      const keys = detector.randomKeys(batch.ids.length, batch.maxBoxes);
      return {
        ...batchTensors(batch),
        ...(hasMaps && mapTensors(batch, detector.finestStride)),
        anchorKeys: uniform(random, keys.anchors),
        roiKeys: uniform(random, keys.rois),
      };
    },
    losses: (inputs) => detector.losses(inputs as unknown as DetectorInputs),
    validate: (weights, onProgress) => {
      predictor ??= new DetectorPredictor({ config, mode });
      predictor.load(weights);
      return validateDetector(predictor, images, onProgress);
    },
    dispose: () => {
      predictor?.dispose();
      detector.dispose();
    },
  };
}

function batchTensors({ ids, size, maxBoxes, images, gtBoxes, gtValid, ignore }: DetectionBatch) {
  const count = ids.length;
  return {
    images: tf.tensor4d(images, [count, size, size, networkChannels]),
    gtBoxes: tf.tensor3d(gtBoxes, [count, maxBoxes, 4]),
    gtValid: tf.tensor2d(gtValid, [count, maxBoxes], 'float32'),
    ignore: tf.tensor3d(ignore, [count, size, size], 'float32'),
  };
}

function mapTensors({ ids, size, gtLabels, ignore }: DetectionBatch, cell: number): NamedTensors {
  const maps = auxiliaryTargets(gtLabels, ignore, { count: ids.length, size, cell });
  const side = maps.size;
  return {
    mapTargets: tf.tensor4d(maps.targets, [ids.length, side, side, 2]),
    mapWeights: tf.tensor3d(maps.weights, [ids.length, side, side]),
  };
}

function uniform(random: Random, [rows, columns]: readonly [number, number]): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, () => random.uniform()),
    [rows, columns],
  );
}
