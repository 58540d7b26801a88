import type { StoredTensors, StoredTensor } from '../safetensors/tensor.js';

/** Mean of ImageNet's images in red, green and blue, of 255; Keras Applications subtracts it. */
const imageNetMeans = [123.68, 116.779, 103.939] as const;

/** Standard deviation of ImageNet's values, of 255: 0.229, 0.224 and 0.225 of 1 in torchvision's models. */
const imageNetDeviation = 0.226 * 255;

/**
 * Adapts the first layer of the published VGG16 to our inputs. The published network takes blue, green and red from 0 to
 * 255 minus ImageNet's means; ours takes red, green and blue from -1 to 1, or crops of mean 0 and deviation 1.
 *
 * For inputs from -1 to 1 the outputs are exactly the same, except at the border of the image, where the padding of zeros
 * means grey here and the mean colour there. Standardized crops are treated as if they had ImageNet's mean and deviation.
 *
 * @param values From `readKerasWeights`; not changed.
 */
export function adaptVgg16Input(
  values: StoredTensors,
  { standardize }: { standardize: boolean },
): StoredTensors {
  const kernel = values.get('block1_conv1/kernel')!;
  const bias = values.get('block1_conv1/bias')!;
  const published = kernel.data as Float32Array;
  const adapted = new Float32Array(published.length);
  const adaptedBias = Float32Array.from(bias.data as Float32Array);
  const filters = adaptedBias.length;
  const scale = standardize ? imageNetDeviation : 255 / 2;
  // `[3, 3, 3, filters]`: the channels of each px of the kernel are adjacent.
  for (let at = 0; at < published.length; at += 3 * filters) {
    for (const [channel, mean] of imageNetMeans.entries()) {
      // The value 0 stands for the mean, or for the middle of the range, which is not the mean.
      const offset = standardize ? 0 : 255 / 2 - mean;
      for (let filter = 0; filter < filters; filter++) {
        const weight = published[at + (2 - channel) * filters + filter]!;
        adapted[at + channel * filters + filter] = scale * weight;
        adaptedBias[filter]! += offset * weight;
      }
    }
  }
  const like = (old: StoredTensor, data: Float32Array): StoredTensor => ({
    dtype: 'F32',
    shape: old.shape,
    data: data as Float32Array<ArrayBuffer>,
  });
  return new Map([
    ...values,
    ['block1_conv1/kernel', like(kernel, adapted)],
    ['block1_conv1/bias', like(bias, adaptedBias)],
  ]);
}
