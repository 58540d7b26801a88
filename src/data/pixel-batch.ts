import { exitCodes, NucleateError } from '../errors.js';
import type { Random } from '../random.js';
import type { Example } from './example.js';
import type { Image } from './image.js';

/** Crops with a class for each pixel. N = crops, S = their side in px. */
export interface PixelBatch {
  readonly count: number;
  readonly size: number;
  /** `[N, S, S, 3]`, -1 (black) to 1 (white). */
  readonly images: Float32Array;
  /** `[N, S, S, 1]`, 1 = nucleus, 0 = background. */
  readonly targets: Float32Array;
}

export interface PixelBatchOptions {
  readonly batchSize: number;
  /** px. */
  readonly cropSize: number;
}

/**
 * Cuts one square at a random place from each of `batchSize` random examples.
 *
 * @throws {NucleateError} Exit 3 if there are fewer examples than `batchSize`, or one is smaller than the crop.
 */
export function pixelBatch(
  examples: readonly Example[],
  { batchSize, cropSize }: PixelBatchOptions,
  random: Random,
): PixelBatch {
  if (examples.length < batchSize) {
    throw new NucleateError({
      what: `The dataset has ${examples.length} images; a batch takes ${batchSize}.`,
      mend: 'Lower train.batchSize.',
      exitCode: exitCodes.data,
    });
  }
  const pixels = cropSize * cropSize;
  const images = new Float32Array(batchSize * pixels * 3);
  const targets = new Float32Array(batchSize * pixels);
  for (const [index, example] of random.shuffle(examples).slice(0, batchSize).entries()) {
    const { width, height } = example.image;
    if (Math.min(width, height) < cropSize) {
      throw new NucleateError({
        what: `The image is ${width} x ${height} px; a crop takes ${cropSize} x ${cropSize}.`,
        where: example.id,
        mend: 'Lower train.cropSize.',
        exitCode: exitCodes.data,
      });
    }
    const left = random.integer(width - cropSize + 1);
    const top = random.integer(height - cropSize + 1);
    const scaled = scalePixels(example.image);
    for (let y = 0; y < cropSize; y++) {
      const from = (top + y) * width + left;
      const to = index * pixels + y * cropSize;
      images.set(scaled.subarray(3 * from, 3 * (from + cropSize)), 3 * to);
      for (let x = 0; x < cropSize; x++) targets[to + x] = example.labelImage.labels[from + x]! > 0 ? 1 : 0;
    }
  }
  return { count: batchSize, size: cropSize, images, targets };
}

/**
 * An image as the network takes it.
 *
 * @returns `[H, W, 3]`, -1 (black) to 1 (the largest value of the image's bit depth); grey is repeated.
 */
export function scalePixels({ channels, data }: Image): Float32Array {
  const white = data instanceof Uint8Array ? 255 : 65535;
  const scaled = new Float32Array((data.length / channels) * 3);
  for (let i = 0; i < scaled.length; i++) {
    const value = channels === 3 ? data[i]! : data[Math.floor(i / 3)]!;
    scaled[i] = (2 * value) / white - 1;
  }
  return scaled;
}
