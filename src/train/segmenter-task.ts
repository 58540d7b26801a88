import { networkChannels } from '../data/image/network-pixels.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import type { Recipe } from '../data/loader/batch-maker.js';
import { readDetectedBoxes } from '../data/loader/detected-boxes.js';
import type { SegmentationBatch } from '../data/loader/segmentation-batch.js';
import type { Mode, NamedTensors } from '../engine/step.js';
import { networkCrops } from '../models/segmenter/crops.js';
import { segmenterLosses, segmenterLossNames } from '../models/segmenter/losses.js';
import { buildSegmenter } from '../models/segmenter/network.js';
import { segmenterTargets } from '../models/segmenter/targets.js';
import { adaptVgg16Input } from '../models/vgg16-input.js';
import { weightsOf } from '../models/weights.js';
import { SegmenterPredictor } from '../predict/segment.js';
import { tf } from '../tf.js';
import { scoredNuclei, segmenterMetricNames, validateSegmenter } from './segmenter-validation.js';
import { scoredImages } from './scored-images.js';
import type { Task } from './task.js';
import type { TrainingData } from '../data/loader/training-data.js';
import { type NamedDetector, TwoStageScore } from './two-stage-score.js';

type SegmenterRecipe = Recipe & { readonly task: 'segmentation' };

export interface SegmenterTaskOptions {
  /** How validation runs. */
  readonly mode: Mode;
  /** Its boxes are used in validation. The config's `scoring.detector` is not read here. */
  readonly detector?: NamedDetector | undefined;
}

/**
 * Training of the mask network on crops around nuclei.
 *
 * @throws {NucleateError} Exit code 3 if the boxes that the config names in `boxes.path` cannot be used.
 */
export function createSegmenterTask(
  config: SegmenterConfig,
  data: Pick<TrainingData, 'train' | 'validation'>,
  { mode, detector }: SegmenterTaskOptions = { mode: 'compiled' },
): Task<SegmenterRecipe> {
  const { seed, loader, boxes, model, target, loss } = config;
  const { probability, minIou } = boxes;
  const detected = boxes.path !== '' && {
    detected: { probability, boxes: readDetectedBoxes(boxes.path, data.train, minIou) },
  };
  const network = buildSegmenter({ ...model, size: loader.cropSize, seed });
  const nuclei = scoredNuclei(data.validation, config);
  const twoStage =
    detector &&
    new TwoStageScore(scoredImages(data.validation, { seed, count: config.scoring.images }), detector, mode);
  // Created for the first validation, with its own copy of the network: the one in training is not touched.
  let predictor: SegmenterPredictor | undefined;
  return {
    recipe: { task: 'segmentation', seed, examples: data.train, loader, ...detected },
    weights: weightsOf(network),
    published: { network: 'vgg16', adapt: (values) => adaptVgg16Input(values, model) },
    lossNames: segmenterLossNames,
    scoreName: 'mask score',
    metricNames: [...segmenterMetricNames, ...(twoStage ? ['twoStage/score'] : [])],
    inputs: batchTensors,
    losses: (inputs) => {
      const { images, boxes, masks, neighbours, ignore } = inputs as unknown as BatchTensors;
      const crops = networkCrops(images, boxes, model);
      const logits = network.apply(crops, { training: model.norm }) as tf.Tensor4D;
      return segmenterLosses(logits, segmenterTargets({ masks, neighbours, ignore }, target), loss);
    },
    validate: async (weights, onProgress) => {
      predictor ??= new SegmenterPredictor({ config, mode });
      predictor.load(weights);
      const result = await validateSegmenter(predictor, nuclei, config, onProgress);
      if (!twoStage) return result;
      return {
        ...result,
        metrics: { ...result.metrics, ...(await twoStage.metrics(predictor, onProgress)) },
      };
    },
    dispose: () => {
      predictor?.dispose();
      network.dispose();
    },
  };
}

interface BatchTensors extends NamedTensors {
  readonly images: tf.Tensor4D;
  readonly boxes: tf.Tensor2D;
  readonly masks: tf.Tensor3D;
  readonly neighbours: tf.Tensor3D;
  readonly ignore: tf.Tensor3D;
}

function batchTensors({
  ids,
  size,
  images,
  boxes,
  masks,
  neighbours,
  ignore,
}: SegmentationBatch): BatchTensors {
  const count = ids.length;
  const map = (values: Uint8Array) => tf.tensor3d(values, [count, size, size], 'bool');
  return {
    images: tf.tensor4d(images, [count, size, size, networkChannels]),
    boxes: tf.tensor2d(boxes, [count, 4]),
    masks: map(masks),
    neighbours: map(neighbours),
    ignore: map(ignore),
  };
}
