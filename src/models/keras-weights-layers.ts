import type { BlockLayers } from './inception-resnet-v2-blocks.js';
import { inceptionResNetV2, publishedBlocks } from './inception-resnet-v2.js';
import { blocks as vgg16Blocks } from './vgg16.js';

export type KerasNetwork = 'inception-resnet-v2' | 'vgg16';

/** A layer of Keras that has weights, and our layer that gets them. */
export interface ExpectedLayer {
  /** The layer's name here. */
  readonly layer: string;
  /** The layer's name in Keras; for layers that Keras numbers, their kind and index in that kind, from 0. */
  readonly keras: string | { readonly kind: NumberedKind; readonly index: number };
  /** Shapes by the last part of the weight's name, which is the same here and in Keras: `kernel`, `moving_mean`. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export type NumberedKind = 'conv2d' | 'batch_normalization';

/** Every layer with weights of the published network without its top, in the order in which Keras stores them. */
export const expectedLayers = (network: KerasNetwork): ExpectedLayer[] =>
  network === 'vgg16' ? vgg16Layers() : inceptionResNetV2Layers();

function vgg16Layers(): ExpectedLayer[] {
  let channels = 3;
  return vgg16Blocks.flatMap(([count, filters], block) =>
    Array.from({ length: count }, (_, index): ExpectedLayer => {
      const name = `block${block + 1}_conv${index + 1}`;
      const kernel = [3, 3, channels, filters];
      channels = filters;
      return { layer: name, keras: name, shapes: { kernel, bias: [filters] } };
    }),
  );
}

/** One of our layers: a convolution with normalization, or one with a bias at the end of a residual block. */
interface MadeLayer {
  readonly name: string;
  readonly normalized: boolean;
  /** `[h, w, C, C']` */
  readonly kernel: readonly [number, number, number, number];
}

function inceptionResNetV2Layers(): ExpectedLayer[] {
  const made = listLayers();
  // Keras names the last layer of each block and the last one of all; it numbers the others in the order of creation.
  const numbered = made.filter(({ name, normalized }) => normalized && name !== 'conv_7b');
  const kerasName = (layer: MadeLayer, kind: NumberedKind) => {
    const index = numbered.indexOf(layer);
    if (index >= 0) return { kind, index };
    return kind === 'conv2d' ? layer.name : `${layer.name}_bn`;
  };
  return storedSteps(made).flatMap((step) => [
    ...step.map((layer): ExpectedLayer => {
      const { name, kernel, normalized } = layer;
      const bias = normalized ? {} : { bias: [kernel[3]] };
      return { layer: name, keras: kerasName(layer, 'conv2d'), shapes: { kernel, ...bias } };
    }),
    ...step
      .filter(({ normalized }) => normalized)
      .map((layer): ExpectedLayer => {
        const shape = [layer.kernel[3]];
        const shapes = { beta: shape, moving_mean: shape, moving_variance: shape };
        return { layer: layer.name, keras: kerasName(layer, 'batch_normalization'), shapes };
      }),
  ]);
}

/** The layers of Inception-ResNetV2 with weights, in the order of creation; features are represented by their channels. */
function listLayers(): MadeLayer[] {
  const made: MadeLayer[] = [];
  const layers: BlockLayers<number> = {
    convolution: (channels, name, filters, size) => {
      const [height, width] = typeof size === 'number' ? [size, size] : size;
      made.push({ name, normalized: true, kernel: [height, width, channels, filters] });
      return filters;
    },
    maxPool: (channels) => channels,
    averagePool: (channels) => channels,
    concatenate: (branches) => branches.reduce((sum, channels) => sum + channels),
    residual: (trunk, branch, name) => {
      made.push({ name, normalized: false, kernel: [1, 1, branch, trunk] });
      return trunk;
    },
  };
  inceptionResNetV2(layers, 3, { blocks: publishedBlocks, padding: 'valid', end: 'conv_7b' });
  return made;
}

/**
 * Groups of layers as Keras stores them: first all convolutions of a group, then all its normalizations. Keras sorts
 * layers by the distance from the output, and all branches of a block end at the same distance.
 */
function storedSteps(made: readonly MadeLayer[]): MadeLayer[][] {
  const placed = made.map((layer) => {
    const [, block, branch, step] = /^(.+)_(\d+)_conv(\d+)$/.exec(layer.name) ?? ['', layer.name, '', '1'];
    return { layer, block, branch, step: Number(step) };
  });
  const isIn = (block: string) => (other: { block: string }) => other.block === block;
  return [...new Set(placed.map(({ block }) => block))].flatMap((block) => {
    const inside = placed.filter(isIn(block));
    const toEnd = inside.map(({ branch, step }) => {
      const steps = inside.filter((other) => other.branch === branch).map((other) => other.step);
      return Math.max(...steps) - step;
    });
    const distances = [...new Set(toEnd)].sort((a, b) => b - a);
    return distances.map((distance) =>
      inside.filter((_, index) => toEnd[index] === distance).map(({ layer }) => layer),
    );
  });
}
