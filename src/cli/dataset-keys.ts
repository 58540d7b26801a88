import type { DatasetReading } from '../config/training.js';
import { type LabelArguments, labelReading } from './label-options.js';
import type { PlaneArguments } from './plane-options.js';

/**
 * What the options of a dataset say, as keys of a config; what is not named is absent.
 *
 * @throws {NucleateError} Exit code 2 for a background that is no whole number.
 */
export function datasetKeys(args: LabelArguments & PlaneArguments): Partial<DatasetReading> {
  const { channel, plane } = args;
  const { labelImages, background, categories = [] } = labelReading(args);
  return {
    ...(labelImages !== undefined && { labelImages }),
    ...(background !== undefined && { background }),
    ...(categories.length > 0 && { categories: [...categories] }),
    ...(channel && { channel }),
    // In a config each axis is an item of its own.
    ...(plane && { plane: plane.flatMap((text) => text.split(',')).map((text) => text.trim()) }),
  };
}
