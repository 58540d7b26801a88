import { tf } from '../tf.js';
import {
  block17,
  block35,
  type BlockLayers,
  type BlockOptions,
  blocks8,
  conv7b,
  type Features,
  makeBlockLayers,
  mixed5b,
  mixed6a,
  mixed7a,
  stem,
} from './inception-resnet-v2-blocks.js';

/** Number of blocks of each kind; indices in names begin at 1. */
export interface BlockCounts {
  readonly block35: number;
  readonly block17: number;
  readonly block8: number;
}

/** The blocks of the published network. */
export const publishedBlocks: BlockCounts = { block35: 10, block17: 20, block8: 10 };

export interface BackboneShape {
  readonly blocks: BlockCounts;
  /**
   * Padding of the stem and of the reductions. `valid` is the published network; with `same` a map at stride s has
   * exactly 1/s of the image's size where s divides it (`align_feature_maps` of TensorFlow's object detection). The
   * weights are the same.
   */
  readonly padding: 'same' | 'valid';
  /** The last stage. */
  readonly end: 'block35' | 'block17' | 'block8' | 'conv_7b';
}

export type BackboneOptions = BackboneShape & BlockOptions;

/** Features of a stage, on which other layers can be built. */
export interface Tap<F = Features> {
  /** px of the image between neighbouring px of the features. */
  readonly stride: number;
  readonly features: F;
}

/**
 * Inception-ResNetV2 on `images` `[N, H, W, 3]` float32 from -1 to 1, up to {@link BackboneShape.end}.
 *
 * @param layers Called for each layer, in the order of Keras Applications.
 * @returns The last features of each stage: at stride 4 the stem before its second pooling (192 channels), at 8 the last
 *   block35 (320), at 16 the last block17 (1088), at 32 the last block8 (2080) or conv_7b (1536).
 *
 * Source: Szegedy et al., arXiv 1602.07261; numbers and order as in Keras Applications (`InceptionResNetV2`); layers
 * without a name there have one here.
 */
export function inceptionResNetV2<F>(
  layers: BlockLayers<F>,
  images: F,
  { blocks, padding, end }: BackboneShape,
): Tap<F>[] {
  let x = stem(layers, images, padding);
  const taps = [{ stride: 4, features: x }];

  x = mixed5b(layers, x, padding);
  for (let index = 1; index <= blocks.block35; index++) x = block35(layers, x, index);
  taps.push({ stride: 8, features: x });
  if (end === 'block35') return taps;

  x = mixed6a(layers, x, padding);
  for (let index = 1; index <= blocks.block17; index++) x = block17(layers, x, index);
  taps.push({ stride: 16, features: x });
  if (end === 'block17') return taps;

  x = mixed7a(layers, x, padding);
  x = blocks8(layers, x, blocks.block8);
  taps.push({ stride: 32, features: end === 'conv_7b' ? conv7b(layers, x) : x });
  return taps;
}

/** {@link inceptionResNetV2} with layers of tfjs. */
export const inceptionResNetV2Taps = (images: Features, options: BackboneOptions): Tap[] =>
  inceptionResNetV2(makeBlockLayers(options), images, options);

export interface InceptionResNetV2Options extends Partial<BackboneOptions> {
  /** Of the images in px; null leaves both open. */
  readonly size: readonly [height: number, width: number] | null;
  readonly seed: number | null;
}

/**
 * Inception-ResNetV2 as one model whose output is the last features: by default the published network up to the end of
 * block17, `[N, H/16 - 2, W/16 - 2, 1088]` for sides that 16 divides (256 gives 14).
 *
 * @returns The model; its weights depend only on the seed and the layer names. The caller disposes it.
 */
export function buildInceptionResNetV2({ size, ...options }: InceptionResNetV2Options): tf.LayersModel {
  const images = tf.input({ name: 'images', shape: [...(size ?? [null, null]), 3] });
  const published = { width: 1, blocks: publishedBlocks, padding: 'valid', end: 'block17' } as const;
  const { features } = inceptionResNetV2Taps(images, { ...published, ...options }).at(-1)!;
  return tf.model({ name: 'inception-resnet-v2', inputs: images, outputs: features });
}
