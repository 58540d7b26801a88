import type { DetectorConfig } from './detector.js';
import type { SegmenterConfig } from './segmenter.js';

/**
 * What is wrong with the config of a network before it is built: what a damaged or hostile file asks for may take all memory,
 * or for ever, and its weights are compared only afterwards. Each limit is about ten times the
 * largest published value.
 *
 * @returns A clause without a full stop; undefined if the network can be built.
 */
export function implausibility(config: DetectorConfig | SegmenterConfig): string | undefined {
  const found = config.task === 'detector' ? detectorBounds(config) : segmenterBounds(config);
  for (const [name, value, least, most] of found)
    if (!(value >= least && value <= most))
      return `\`${name}\` is ${value}, and only ${least} to ${most} can be built`;
  return config.task === 'detector' ? geometryFault(config) : undefined;
}

type Bound = readonly [name: string, value: number, least: number, most: number];

const blocks = 200;
const candidates = 20_000;
/** Numbers of the first fully connected layer, 1 GiB of float32. */
const weights = 2 ** 28;

function detectorBounds({ model, tiles, loader }: DetectorConfig): Bound[] {
  const { backbone, levels, proposals, boxHead, detections, pyramidChannels } = model;
  const { units, poolSize, samplingRatio } = boxHead;
  return [
    ['loader.zoom', loader.zoom, 1 / 16, 16],
    ['tiles.size', tiles.size, 64, 4096],
    // As much as the largest tile has room for, `DetectorPredictor`.
    ['tiles.overlap', tiles.overlap, 0, 2 * tiles.size - alignment],
    ...(['block35', 'block17', 'block8'] as const).map((name): Bound => [
      `model.backbone.${name}`,
      backbone[name],
      1,
      blocks,
    ]),
    ['model.levels.length', levels.length, 1, 4],
    ...levels.flatMap(({ sizes, aspectRatios }): Bound[] => [
      ['model.levels[].sizes.length', sizes.length, 1, 16],
      ['model.levels[].aspectRatios.length', aspectRatios.length, 1, 16],
      ...[...sizes, ...aspectRatios].map((value): Bound => ['model.levels[]', value, 0, 4096]),
    ]),
    ['model.proposals.preNmsTopK', proposals.preNmsTopK, 1, candidates],
    ['model.proposals.postNmsTopK', proposals.postNmsTopK, 1, candidates],
    ['model.detections.maxPerTile', detections.maxPerTile, 1, candidates],
    ['model.boxHead.poolSize', poolSize, 2, 64],
    ['model.boxHead.samplingRatio', samplingRatio, 1, 8],
    ['model.boxHead.units.length', units.length, 0, 8],
    ...units.map((value): Bound => ['model.boxHead.units[]', value, 1, 8192]),
    ['the size of `model.boxHead`', poolSize ** 2 * pyramidChannels * (units[0] ?? 1), 1, weights],
  ];
}

const segmenterBounds = ({ inference }: SegmenterConfig): Bound[] => [
  ['inference.batchSize', inference.batchSize, 1, 1024],
];

/** px; the largest stride of a network. */
const alignment = 32;

function geometryFault({ model, tiles, loader }: DetectorConfig): string | undefined {
  for (const [name, side] of [
    ['tiles.size', tiles.size] as const,
    ['loader.cropSize', loader.cropSize] as const,
  ])
    if (side % alignment !== 0) return `\`${name}\` is ${side}, which is no multiple of ${alignment}`;
  const strides = model.levels.map(({ stride }) => stride);
  const isPyramid = strides.every((stride, k) => k === 0 || stride === 2 * strides[k - 1]!);
  return isPyramid
    ? undefined
    : `\`model.levels\` has strides ${strides.join(', ')}; each is twice the one before`;
}
