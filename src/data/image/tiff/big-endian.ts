/** Pixels of big-endian files that are stored as differences: geotiff adds these up in the order of this machine's bytes. */
import type { Pool } from 'geotiff';

/** TIFF's numbers of predictors. */
const horizontal = 2;
const none = 1;

/** Turns the bytes of each value round, in place. */
export function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

function swapped(block: ArrayBufferLike, width: number): ArrayBufferLike {
  swap(new Uint8Array(block), width);
  return block;
}

/** Takes the place of geotiff's workers, which is where it lets a reader in before and after the differences. */
const blocks: Pick<Pool, 'bindParameters'> = {
  bindParameters: (compression, parameters) => {
    const { predictor, bitsPerSample: bits } = parameters;
    const width = (typeof bits === 'number' ? bits : bits[0]!) / 8;
    const decoder = import('geotiff').then(async ({ getDecoder }) => {
      const made = await getDecoder(compression, parameters);
      const decodeBlock = made.decodeBlock.bind(made);
      // Those of whole numbers are of values; those of floating-point numbers are of bytes, whose order is always the same.
      if (predictor === horizontal)
        made.decodeBlock = async (buffer) => swapped(await decodeBlock(buffer), width);
      return made;
    });
    return {
      decode: async (buffer: ArrayBufferLike) => {
        const block = await (await decoder).decode(buffer);
        return predictor === none ? block : swapped(block, width);
      },
    };
  },
};

/** For `pool` of geotiff's `readRasters` of a big-endian file. */
export const bigEndianBlocks = blocks as Pool;
