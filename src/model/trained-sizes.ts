import { measureInstances } from '../data/geometry/label-image.js';
import type { DetectorConfig } from '../config/detector.js';
import type { TrainedSizes } from '../config/model-file.js';
import type { Example } from '../data/read/example.js';
import { NucleateError } from '../errors.js';
import { datasetOf, readTrainingData } from '../data/loader/training-data.js';

/** Quantiles over the images: outside `low` and `high` sizes are unusual. */
const quantiles = { low: 0.02, typical: 0.5, high: 0.98 } as const;

/**
 * The sizes of nuclei in training images.
 *
 * @param zoom px of the network input for a px of the image.
 * @returns undefined if no image has a nucleus.
 */
export function measureSizes(
  examples: readonly Pick<Example, 'labelImage' | 'instanceCount'>[],
  zoom: number,
): TrainedSizes | undefined {
  const medians = examples
    .filter(({ instanceCount }) => instanceCount > 0)
    .map(({ labelImage, instanceCount }) => {
      const { boxes } = measureInstances(labelImage, instanceCount);
      const sides = Array.from({ length: instanceCount }, (_, k) => {
        const [x1, y1, x2, y2] = boxes.subarray(4 * k, 4 * k + 4);
        return zoom * Math.sqrt((x2! - x1!) * (y2! - y1!));
      });
      return quantile(sides, 0.5);
    });
  if (medians.length === 0) return undefined;
  const { low, typical, high } = quantiles;
  return { low: quantile(medians, low), typical: quantile(medians, typical), high: quantile(medians, high) };
}

function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))]!;
}

/**
 * The same from the dataset that a detector was trained on.
 *
 * @param dataset Its hash in the checkpoint.
 * @returns undefined if the dataset is missing or was changed.
 */
export async function readSizes(
  { data, seed, loader }: DetectorConfig,
  dataset: string,
): Promise<TrainedSizes | undefined> {
  try {
    const read = await readTrainingData(data, { seed, trained: dataset });
    return dataset === datasetOf(read) ? measureSizes(read.train, loader.zoom) : undefined;
  } catch (error) {
    if (error instanceof NucleateError) return undefined;
    throw error;
  }
}
