import type { StoredTensors } from '../safetensors/tensor.js';

/**
 * The weighted mean of two networks, of which one began from the other or both from a third: some of what each has learnt.
 *
 * @param first Float32.
 * @param second Float32, with the names and shapes of the first.
 * @param share Of the first, 0 to 1.
 * @returns New tensors, float32.
 *
 * Source: Wortsman et al., Robust fine-tuning of zero-shot models, arXiv 2109.01903.
 */
export function meanWeights(first: StoredTensors, second: StoredTensors, share: number): StoredTensors {
  return new Map(
    [...first].map(([name, tensor]) => {
      const other = second.get(name)!.data as Float32Array;
      const data = (tensor.data as Float32Array).map(
        (value, index) => share * value + (1 - share) * other[index]!,
      );
      return [name, { dtype: 'F32', shape: tensor.shape, data }];
    }),
  );
}
