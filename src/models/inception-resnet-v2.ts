import { tf } from '../tf.js';
import { NormConvolution, ScaledResidual } from './layers.js';

type Features = tf.SymbolicTensor;

export interface InceptionResNetV2Options {
  /** Of the images in px; null leaves both open. */
  readonly size: readonly [height: number, width: number] | null;
  readonly seed: number;
}

/**
 * Inception-ResNetV2 to the end of block17: features at 1/16 of the image's resolution.
 *
 * Input `[N, H, W, 3]` float32 from -1 to 1; output `[N, H/16 - 2, W/16 - 2, 1088]` for sides that 16 divides (256
 * gives 14), since the stem pads nothing.
 *
 * @returns The model, whose weights depend on the seed and the layer names alone. The caller disposes it.
 *
 * Source: Szegedy et al., arXiv 1602.07261; numbers and order as Keras Applications (`InceptionResNetV2`), whose
 * layers without a name are given one here.
 */
export function buildInceptionResNetV2({ size, seed }: InceptionResNetV2Options): tf.LayersModel {
  const convolution = (
    x: Features,
    name: string,
    filters: number,
    kernelSize: number | readonly [number, number],
    { stride = 1, padding = 'same' }: { stride?: number; padding?: 'same' | 'valid' } = {},
  ) =>
    new NormConvolution({ name, filters, kernelSize, stride, padding, activation: 'relu', seed }).apply(
      x,
    ) as Features;
  const maxPool = (x: Features, name: string) =>
    tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: 'valid' }).apply(x) as Features;
  const concatenate = (branches: Features[], name: string) =>
    tf.layers.concatenate({ name, axis: 3 }).apply(branches) as Features;
  const residual = (trunk: Features, branch: Features, name: string, scale: number) =>
    new ScaledResidual({ name, scale, activation: 'relu', seed }).apply([trunk, branch]) as Features;

  // Beside each stage: size of its result for an image of 256 x 256.
  const images = tf.input({ name: 'images', shape: [...(size ?? [null, null]), 3] });
  let x = convolution(images, 'stem_conv1', 32, 3, { stride: 2, padding: 'valid' }); // 127 x 127 x 32
  x = convolution(x, 'stem_conv2', 32, 3, { padding: 'valid' }); // 125 x 125 x 32
  x = convolution(x, 'stem_conv3', 64, 3); // 125 x 125 x 64
  x = maxPool(x, 'stem_pool1'); // 62 x 62 x 64
  x = convolution(x, 'stem_conv4', 80, 1, { padding: 'valid' }); // 62 x 62 x 80
  x = convolution(x, 'stem_conv5', 192, 3, { padding: 'valid' }); // 60 x 60 x 192
  x = maxPool(x, 'stem_pool2'); // 29 x 29 x 192

  // Mixed 5b (Inception-A): 29 x 29 x 320
  const mixed5b0 = convolution(x, 'mixed_5b_0_conv1', 96, 1);
  let mixed5b1 = convolution(x, 'mixed_5b_1_conv1', 48, 1);
  mixed5b1 = convolution(mixed5b1, 'mixed_5b_1_conv2', 64, 5);
  let mixed5b2 = convolution(x, 'mixed_5b_2_conv1', 64, 1);
  mixed5b2 = convolution(mixed5b2, 'mixed_5b_2_conv2', 96, 3);
  mixed5b2 = convolution(mixed5b2, 'mixed_5b_2_conv3', 96, 3);
  const pooling = { name: 'mixed_5b_3_pool', poolSize: 3, strides: 1, padding: 'same' } as const;
  let mixed5b3 = tf.layers.averagePooling2d(pooling).apply(x) as Features;
  mixed5b3 = convolution(mixed5b3, 'mixed_5b_3_conv1', 64, 1);
  x = concatenate([mixed5b0, mixed5b1, mixed5b2, mixed5b3], 'mixed_5b');

  // 10 x block35 (Inception-ResNet-A): 29 x 29 x 320
  for (let index = 1; index <= 10; index++) {
    const block = `block35_${index}`;
    const branch0 = convolution(x, `${block}_0_conv1`, 32, 1);
    let branch1 = convolution(x, `${block}_1_conv1`, 32, 1);
    branch1 = convolution(branch1, `${block}_1_conv2`, 32, 3);
    let branch2 = convolution(x, `${block}_2_conv1`, 32, 1);
    branch2 = convolution(branch2, `${block}_2_conv2`, 48, 3);
    branch2 = convolution(branch2, `${block}_2_conv3`, 64, 3);
    const mixed = concatenate([branch0, branch1, branch2], `${block}_mixed`);
    x = residual(x, mixed, `${block}_conv`, 0.17);
  }

  // Mixed 6a (Reduction-A): 14 x 14 x 1088
  const mixed6a0 = convolution(x, 'mixed_6a_0_conv1', 384, 3, { stride: 2, padding: 'valid' });
  let mixed6a1 = convolution(x, 'mixed_6a_1_conv1', 256, 1);
  mixed6a1 = convolution(mixed6a1, 'mixed_6a_1_conv2', 256, 3);
  mixed6a1 = convolution(mixed6a1, 'mixed_6a_1_conv3', 384, 3, { stride: 2, padding: 'valid' });
  x = concatenate([mixed6a0, mixed6a1, maxPool(x, 'mixed_6a_2_pool')], 'mixed_6a');

  // 20 x block17 (Inception-ResNet-B): 14 x 14 x 1088
  for (let index = 1; index <= 20; index++) {
    const block = `block17_${index}`;
    const branch0 = convolution(x, `${block}_0_conv1`, 192, 1);
    let branch1 = convolution(x, `${block}_1_conv1`, 128, 1);
    branch1 = convolution(branch1, `${block}_1_conv2`, 160, [1, 7]);
    branch1 = convolution(branch1, `${block}_1_conv3`, 192, [7, 1]);
    const mixed = concatenate([branch0, branch1], `${block}_mixed`);
    x = residual(x, mixed, `${block}_conv`, 0.1);
  }
  return tf.model({ name: 'inception-resnet-v2', inputs: images, outputs: x });
}
