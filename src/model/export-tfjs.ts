import { networkChannels } from '../data/image/network-pixels.js';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AssembleSettings } from '../config/assemble.js';
import type { DetectorConfig } from '../config/detector.js';
import type { NetworkOrigin } from '../config/model-file.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import { networkOptions, regressionOf } from '../models/detector/detector.js';
import { buildDetectorNetwork } from '../models/detector/network.js';
import { distinctAnchorCounts } from '../models/detector/rpn-head.js';
import { buildSegmenter, pixelClasses } from '../models/segmenter/network.js';
import type { Network } from '../models/network.js';
import { assignWeights, weightsOf } from '../models/weights.js';
import { tf } from '../tf.js';
import { findStage } from './find-networks.js';
import { stockNetwork } from './stock-layers.js';
import { writeFolder } from '../data/files/write-folder.js';

/** Inputs and outputs of an exported model, in their order. */
interface ExportedModel {
  /** Folder of its `model.json`, within the export. */
  readonly folder: string;
  readonly inputs: readonly ExportedTensor[];
  readonly outputs: readonly ExportedTensor[];
}

interface ExportedTensor {
  readonly name: string;
  readonly shape: string;
  readonly meaning: string;
}

/** Of `nucleate.json`; 2 has the config in other keys than 1. */
const exportFormat = 2;

/** `nucleate.json` of an export: everything that is not in the layers. */
export interface ExportFile {
  readonly format: typeof exportFormat;
  readonly task: 'detector' | 'segmenter';
  readonly models: readonly ExportedModel[];
  /** Instructions: what to compute between and after the models. */
  readonly steps: readonly string[];
  readonly config: DetectorConfig | SegmenterConfig;
  readonly origin: NetworkOrigin;
}

/**
 * Exports one network of a model folder, a run (its best checkpoint) or a checkpoint.
 *
 * @throws {NucleateError} Exit code 2 if it has no such network; else as {@link exportDetector}.
 */
export async function exportNetwork(
  stage: 'detector' | 'segmenter',
  place: string,
  folder: string,
): Promise<ExportFile> {
  if (stage === 'detector') return exportDetector((await findStage(place, stage)).detector, folder);
  const { segmenter, assemble = AssembleSettings.parse({}) } = await findStage(place, stage);
  return exportSegmenter(segmenter, folder, assemble);
}

/**
 * Writes a detector as two models of standard layers, which `tf.loadLayersModel` of any TensorFlow.js loads, and
 * `nucleate.json`, which describes their inputs and outputs and how to use them. Proposals, RoI-align and non-maximum
 * suppression are not layers: they are left to the program that loads the models.
 *
 * @param folder Must not exist.
 * @throws {NucleateError} Exit code 2 if the folder exists; 6 if the weights do not fit; 8 if it cannot be written.
 */
export async function exportDetector(
  { config, weights, origin, source }: Network<DetectorConfig>,
  folder: string,
): Promise<ExportFile> {
  const { model, tiles: predict } = config;
  const options = networkOptions(model, { size: predict.size, seed: config.seed });
  const network = buildDetectorNetwork(options);
  try {
    assignWeights(network.weights.all, weights, { network: 'detector', where: source });
    const [finest] = network.levels;
    const { poolSize } = model.boxHead;
    const images = tf.input({ name: 'images', shape: [null, null, networkChannels] });
    const levels = stockNetwork(network.models.features)([images]);
    const propose = stockNetwork(network.models.rpnHead);
    const counts = distinctAnchorCounts(options.rpn.anchorsPerCell);
    const found = levels.flatMap((features, level) => {
      const outputs = propose([features]);
      const first = 2 * counts.indexOf(options.rpn.anchorsPerCell[level]!);
      return outputs.slice(first, first + 2);
    });
    const rois = tf.input({ name: 'rois', shape: [poolSize, poolSize, finest!.channels] });
    const files: WrittenModel[] = [
      {
        folder: 'proposals',
        model: tf.model({ name: 'proposals', inputs: images, outputs: [levels[0]!, ...found] }),
      },
      {
        folder: 'box-head',
        model: tf.model({
          ...{ name: 'box-head', inputs: rois },
          outputs: stockNetwork(network.models.boxHead)([rois]),
        }),
      },
    ];
    const file: ExportFile = {
      ...{ format: exportFormat, task: 'detector' },
      models: [
        {
          folder: 'proposals',
          inputs: [imagesInput],
          outputs: [
            {
              name: 'features',
              shape: `[N, H / ${finest!.stride}, W / ${finest!.stride}, ${finest!.channels}]`,
              meaning: 'the finest features, from which regions are pooled',
            },
            ...model.levels.flatMap(({ stride, sizes, aspectRatios: ratios }) => {
              const cells = `N, H / ${stride}, W / ${stride}`;
              const anchors = sizes.length * ratios.length;
              return [
                {
                  name: `objectness-${stride}`,
                  shape: `[${cells}, ${anchors}]`,
                  meaning: 'logits of the anchors of each cell, by size, then ratio',
                },
                {
                  name: `deltas-${stride}`,
                  shape: `[${cells}, ${4 * anchors}]`,
                  meaning: 'dx, dy, dw, dh of each of these anchors',
                },
              ];
            }),
          ],
        },
        {
          folder: 'box-head',
          inputs: [
            {
              name: 'rois',
              shape: `[R, ${poolSize}, ${poolSize}, ${finest!.channels}]`,
              meaning: 'features of R regions, pooled by RoI-align from the finest',
            },
          ],
          outputs: [
            { name: 'logits', shape: '[R, 1, 1, 1]', meaning: 'whether it is a nucleus' },
            { name: 'deltas', shape: '[R, 1, 1, 4]', meaning: 'dx, dy, dw, dh of its box' },
          ],
        },
      ],
      steps: [
        'Anchors: centred on each cell, config.model.levels[i].sizes (roots of their areas, px) by ratios (height / width).',
        `Boxes: shift the centre by dx, dy sides of the anchor, multiply the sides by exp(dw), exp(dh); deltas of the proposals are divided by ${words(regressionOf(model.rpn.boxLoss).boxWeights)} first, those of the box head by ${words(regressionOf(model.boxHead.boxLoss).boxWeights)}.`,
        'Proposals: the config.model.proposals.preNmsTopK best logits, clipped to the image, suppressed at nmsThreshold, the postNmsTopK best kept.',
        `RoI-align of the proposals from the features at stride ${finest!.stride}: ${poolSize} x ${poolSize} cells of config.model.boxHead.samplingRatio ^ 2 samples, half a px shifted as in arXiv 1703.06870 and detectron2.`,
        'Score = sigmoid(logit) ^ (1 - w) * sigmoid(objectness) ^ w, where w is config.model.detections.proposalWeight; suppressed at config.model.detections.nmsThreshold.',
      ],
      config,
      origin,
    };
    await writeExport(folder, files, file);
    return file;
  } finally {
    network.dispose();
  }
}

/**
 * Writes a segmenter as one such model, see {@link exportDetector}.
 *
 * @param folder Must not exist.
 * @param assemble How masks are made of probabilities, for the instructions.
 * @throws {NucleateError} As {@link exportDetector}.
 */
export async function exportSegmenter(
  { config, weights, origin, source }: Network<SegmenterConfig>,
  folder: string,
  { borderWeight, maskThreshold }: Pick<AssembleSettings, 'borderWeight' | 'maskThreshold'>,
): Promise<ExportFile> {
  const { model, loader, seed } = config;
  const size = loader.cropSize;
  const network = buildSegmenter({ ...model, size, seed });
  try {
    assignWeights(weightsOf(network).all, weights, { network: 'segmenter', where: source });
    const crops = tf.input({ name: 'crops', shape: [size, size, networkChannels + 1] });
    const [logits] = stockNetwork(network)([crops]);
    const file: ExportFile = {
      ...{ format: exportFormat, task: 'segmenter' },
      models: [
        {
          folder: 'masks',
          inputs: [
            {
              name: 'crops',
              shape: `[N, ${size}, ${size}, ${networkChannels + 1}]`,
              meaning:
                'red, green and blue of a nucleus and its margin' +
                (model.standardize ? ', scaled to mean 0 and deviation 1 of the crop' : ' from -1 to 1') +
                `; then its box: 1 inside, falling evenly to 0 at ${model.boxFalloff} px outside of it`,
            },
          ],
          outputs: [
            {
              name: 'logits',
              shape: `[N, ${size}, ${size}, ${pixelClasses.length}]`,
              meaning: `of ${pixelClasses.join(', ')}, to be made probabilities by softmax`,
            },
          ],
        },
      ],
      steps: [
        `Crops: the box with a margin of config.loader.margin of its longer side, at least config.loader.minMargin px, scaled to ${size} x ${size}.`,
        `A pixel is in the mask if the probability of body${borderWeight === 0 ? '' : ` + ${borderWeight} * that of border`} is at least ${maskThreshold}.`,
      ],
      config,
      origin,
    };
    const masks = tf.model({ name: 'masks', inputs: crops, outputs: logits! });
    await writeExport(folder, [{ folder: 'masks', model: masks }], file);
    return file;
  } finally {
    network.dispose();
  }
}

const imagesInput: ExportedTensor = {
  name: 'images',
  shape: `[N, H, W, ${networkChannels}]`,
  meaning:
    'red, green and blue from -1 (black) to 1 (white), grey three times; magnified by config.loader.zoom, sides that 32 divides',
};

const words = (numbers: readonly number[]) => numbers.join(', ');

interface WrittenModel {
  readonly folder: string;
  /** Disposed when it is written. */
  readonly model: tf.LayersModel;
}

/** Largest file of weights, bytes; like other exporters, so that browsers cache the files. */
const shardBytes = 2 ** 22;

async function writeExport(folder: string, models: readonly WrittenModel[], file: ExportFile): Promise<void> {
  const write = async (partial: string) => {
    for (const { folder: name, model } of models) {
      const place = path.join(partial, name);
      await mkdir(place);
      await model.save(tf.io.withSaveHandler((artifacts) => writeModel(place, artifacts)));
    }
    await writeFile(path.join(partial, 'nucleate.json'), `${JSON.stringify(file, null, 2)}\n`);
  };
  try {
    await writeFolder(folder, { noun: 'export', write });
  } finally {
    for (const { model } of models) model.dispose();
  }
}

async function writeModel(place: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  const shards = Math.max(1, Math.ceil(weights.byteLength / shardBytes));
  const paths = Array.from({ length: shards }, (_, k) => `weights-${k + 1}-of-${shards}.bin`);
  for (const [k, name] of paths.entries())
    await writeFile(path.join(place, name), Buffer.from(weights.slice(k * shardBytes, (k + 1) * shardBytes)));
  const { format, generatedBy, convertedBy, modelTopology, weightSpecs } = artifacts;
  const weightsManifest = [{ paths, weights: weightSpecs! }];
  const json = { format, generatedBy, convertedBy, modelTopology, weightsManifest };
  await writeFile(path.join(place, 'model.json'), JSON.stringify(json));
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}
