import { networkChannels } from '../../data/image/network-pixels.js';
import { randomFor } from '../../random.js';
import type { StoredTensors, StoredTensor } from '../../safetensors/tensor.js';
import type { BlockLayers } from '../inception-resnet-v2-blocks.js';
import { inceptionResNetV2 } from '../inception-resnet-v2.js';
import { scaleChannels } from '../layers.js';
import { type PyramidDetectorOptions, pyramidEnd } from './network.js';
import { distinctAnchorCounts } from './rpn-head.js';

/** Features of the wide network: each of its channels is a copy of one of the narrow network's. */
interface Channels {
  /** Of each wide channel, the narrow channel that it is a copy of. */
  readonly origins: readonly number[];
  /** How many the narrow network has. */
  readonly narrow: number;
}

/**
 * Initial weights for a wider or deeper detector whose outputs equal those of a narrower one up to rounding (Net2Net): it
 * keeps what the narrow one has learnt.
 *
 * The wide channels are copies of the narrow ones, in turn. The weights that read a channel are divided at random among
 * its copies, so that these learn different things. An added block is a copy of the one before it, with an output of 0.
 *
 * @param narrow All weights of a detector with a pyramid; not changed.
 * @param options Of the wide network, with at least as many channels, blocks and units everywhere, and the same
 *   strides, anchors and pooling; otherwise the results do not have its shapes. The seed is that of the division.
 * @throws {RangeError} If a weight is missing, a layer would become narrower, or blocks would be left out.
 *
 * Source: Chen et al., Net2Net, arXiv 1511.05641; the random division is ours.
 */
export function widenDetector(narrow: StoredTensors, options: PyramidDetectorOptions): StoredTensors {
  const { backbone, pyramid, rpn, boxHead, auxiliary } = options;
  const layers = widenLayers(narrow, options.seed ?? 0);
  const { blocks } = backbone;
  const images = { origins: [...new Array(networkChannels).keys()], narrow: networkChannels };
  const taps = inceptionResNetV2(backboneLayers(narrow, layers, backbone), images, {
    blocks,
    padding: 'same',
    end: pyramidEnd(pyramid.strides),
  });
  let level: Channels = images;
  for (const { stride, features } of taps.filter(({ stride }) => pyramid.strides.includes(stride))) {
    const lateral = layers.normalized(`pyramid/lateral${stride}`, features, pyramid.channels);
    level = layers.normalized(`pyramid/smooth${stride}`, lateral, pyramid.channels);
  }

  const proposing = layers.biased('rpn/conv', level, rpn.channels);
  for (const count of distinctAnchorCounts(rpn.anchorsPerCell)) {
    layers.biased(`rpn/objectness_x${count}`, proposing, count);
    layers.biased(`rpn/deltas_x${count}`, proposing, 4 * count);
  }
  if (auxiliary) {
    const mapping = layers.biased('auxiliary/conv', level, pyramid.channels);
    layers.biased('auxiliary/logits', mapping, 2);
  }
  let units = concatenate(Array.from({ length: boxHead.poolSize ** 2 }, () => level));
  for (const [index, count] of boxHead.units.entries())
    units = layers.biased(`box_head/dense${index + 1}`, units, count);
  layers.biased('box_head/logits', units, 1);
  layers.biased('box_head/deltas', units, 4);
  return layers.wide;
}

/** Makes layers of the wide network from those of the narrow one; `source` is the narrow layer's name if it differs. */
function widenLayers(narrow: StoredTensors, seed: number) {
  const wide = new Map<string, StoredTensor>();
  const stored = (name: string) => {
    const tensor = narrow.get(name);
    if (!tensor || tensor.dtype !== 'F32') throw new RangeError(`there is no ${name}`);
    return tensor;
  };
  const put = (name: string, shape: number[], data: Float32Array<ArrayBuffer>) =>
    wide.set(name, { dtype: 'F32', shape, data });

  /** With `factor` 0 the output is 0. */
  const kernel = (name: string, source: string, from: Channels, to: Channels, factor: 0 | 1) => {
    const { shape, data } = stored(`${source}/kernel`);
    const [height, width, channels, filters] = shape as [number, number, number, number];
    if (channels !== from.narrow || filters !== to.narrow)
      throw new RangeError(
        `${source} leads from ${channels} to ${filters} channels, not from ${from.narrow} to ${to.narrow}`,
      );
    const copies = Array.from({ length: channels }, (): number[] => []);
    from.origins.forEach((origin, place) => copies[origin]!.push(place));
    const random = randomFor(seed, `widen ${name}`);
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    const [inputs, outputs] = [from.origins.length, to.origins.length];
    const values = new Float32Array(height * width * inputs * outputs);
    for (let at = 0; at < height * width; at++) {
      for (const [channel, places] of copies.entries()) {
        for (const [output, origin] of to.origins.entries()) {
          const value = data[(at * channels + channel) * filters + origin]!;
          let rest = value;
          places.forEach((place, index) => {
            const isLast = index === places.length - 1;
            const part = isLast ? rest : (value + deviation * random.normal()) / places.length;
            rest -= part;
            values[(at * inputs + place) * outputs + output] = factor * part;
          });
        }
      }
    }
    put(`${name}/kernel`, [height, width, inputs, outputs], values);
  };
  const vector = (name: string, source: string, weight: string, { origins }: Channels, factor: 0 | 1) => {
    const { data } = stored(`${source}/${weight}`);
    put(
      `${name}/${weight}`,
      [origins.length],
      Float32Array.from(origins, (origin) => factor * Number(data[origin])),
    );
  };
  const widened = (source: string, filters: number): Channels => {
    const narrow = stored(`${source}/kernel`).shape[3]!;
    if (narrow > filters) throw new RangeError(`${source} has ${narrow} channels, more than ${filters}`);
    return { narrow, origins: Array.from({ length: filters }, (_, index) => index % narrow) };
  };
  return {
    /** All weights made so far. */
    wide,
    normalized: (name: string, from: Channels, filters: number, source = name): Channels => {
      const to = widened(source, filters);
      kernel(name, source, from, to, 1);
      for (const weight of ['beta', 'moving_mean', 'moving_variance']) vector(name, source, weight, to, 1);
      return to;
    },
    biased: (name: string, from: Channels, filters: number): Channels => {
      const to = widened(name, filters);
      kernel(name, name, from, to, 1);
      vector(name, name, 'bias', to, 1);
      return to;
    },
    residual: (name: string, from: Channels, to: Channels, source: string, factor: 0 | 1) => {
      kernel(name, source, from, to, factor);
      vector(name, source, 'bias', to, factor);
    },
  };
}

/** The layers of Inception-ResNetV2, with features represented by their channels. */
function backboneLayers(
  narrow: StoredTensors,
  layers: ReturnType<typeof widenLayers>,
  { width, blocks }: PyramidDetectorOptions['backbone'],
): BlockLayers<Channels> {
  const sourceOf = (name: string): { source: string; isNew: boolean } => {
    const [, kind, index, rest] = /^(block\d+)_(\d+)(_.*)$/u.exec(name) ?? [];
    if (kind === undefined) return { source: name, isNew: false };
    const had = countBlocks(narrow, kind);
    const { [kind as keyof typeof blocks]: count } = blocks;
    // The last block8 differs from the others: no block can follow it.
    if (had > count || (kind === 'block8' && had !== count))
      throw new RangeError(`there are ${had} ${kind}, which cannot become ${count}`);
    const source = (wide: number) => Math.ceil((wide * had) / count);
    const isNew = source(Number(index)) === source(Number(index) - 1);
    return { source: `${kind}_${source(Number(index))}${rest}`, isNew };
  };
  return {
    convolution: (x, name, channels) =>
      layers.normalized(name, x, scaleChannels(channels, width), sourceOf(name).source),
    maxPool: (x) => x,
    averagePool: (x) => x,
    concatenate,
    residual: (trunk, branch, name) => {
      const { source, isNew } = sourceOf(name);
      layers.residual(name, branch, trunk, source, isNew ? 0 : 1);
      return trunk;
    },
  };
}

const countBlocks = (weights: StoredTensors, kind: string): number =>
  [...weights.keys()].filter((name) => new RegExp(`^${kind}_\\d+_conv/kernel$`, 'u').test(name)).length;

function concatenate(branches: readonly Channels[]): Channels {
  let narrow = 0;
  const origins = branches.flatMap((branch) => {
    const before = narrow;
    narrow += branch.narrow;
    return branch.origins.map((origin) => before + origin);
  });
  return { origins, narrow };
}
