import type { BlockLayers } from './inception-resnet-v2-blocks.js';
import { inceptionResNetV2, publishedBlocks } from './inception-resnet-v2.js';
import { blocks as vgg16Blocks } from './vgg16.js';

export type KerasNetwork = 'inception-resnet-v2' | 'vgg16';

/** A layer of Keras that has weights, and where they belong. */
export interface ExpectedLayer {
  /** The layer's name here. */
  readonly layer: string;
  /** The layer's name in Keras; of one that Keras numbers, what it is and its place among its kind, from 0. */
  readonly keras: string | { readonly kind: NumberedKind; readonly index: number };
  /** By the last part of the weight's name, which is the same here and in Keras: `kernel`, `moving_mean`. */
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

/** A layer of ours: a convolution with its normalization, or the one with a bias that ends a residual block. */
interface MadeLayer {
  readonly name: string;
  readonly normalized: boolean;
  /** `[h, w, C, C']` */
  readonly kernel: readonly [number, number, number, number];
}

function inceptionResNetV2Layers(): ExpectedLayer[] {
  const made = listLayers();
  // Keras names the layers that end a block and the last one; it numbers the others as they are made.
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

/** The layers of Inception-ResNetV2 with weights, as they are made: of the features only the channels flow. */
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
 * Layers whose convolutions Keras stores one after the other, and then their normalizations: it goes by the distance
 * from the output, and the branches of a block end together.
 */
function storedSteps(made: readonly MadeLayer[]): MadeLayer[][] {
  const placed = made.map((layer) => {
    const [, block, branch, step] = /^(.+)_(\d+)_conv(\d+)$/.exec(layer.name) ?? ['', layer.name, '', '1'];
    return { layer, block: block, branch: branch, step: Number(step) };
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
