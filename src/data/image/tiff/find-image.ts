/** The image of a TIFF file, or the page that libvips reads better. */
import { writeFile } from 'node:fs/promises';
import type { NucleateError } from '../../../errors.js';
import type { Size } from '../../geometry/rect.js';
import {
  checkOrientation,
  checkPixelCount,
  imageError,
  maxStoredPixels,
  type UnpackedImage,
} from '../image-header.js';
import type { Image, PixelSize } from '../image.js';
import { type ChosenImage, choosePlanes, PlaneChoiceError } from './choose-planes.js';
import { openTiff, type TiffFile } from './open-tiff.js';
import { TiffProblem } from './tiff-problem.js';
import { type BandedImage, libvipsPage, readTiffImage, tiffBands } from './read-tiff.js';

/** Where the one image of a file is, and its size in px. */
export interface FoundImage extends Size {
  /** The page that libvips reads right and in full; undefined for values, compressions and planes that it does not know. */
  readonly page: number | undefined;
  readonly pixelSize: PixelSize | undefined;
  /** Reads it without libvips. */
  readonly read: () => Promise<Image>;
  /** Writes its pixels to a file, without libvips, so that few of them are in memory at once. */
  readonly unpack: (target: string) => Promise<UnpackedImage>;
}

/**
 * Finds the one image of a TIFF file; smaller versions of it, thumbnails and labels do not count.
 *
 * @param place The name of the file in errors.
 * @throws {NucleateError} Exit code 3: several planes or channels, or a file that cannot be read.
 */
export async function findTiffImage(bytes: Buffer, place: string): Promise<FoundImage> {
  let file: TiffFile;
  try {
    file = await openTiff(bytes);
  } catch (cause) {
    throw tiffError(place, cause);
  }
  const chosen = onlyImage(file, place);
  const { width, height, orientation } = file.axes.base;
  checkOrientation(orientation, place);
  return {
    ...{ width, height, page: libvipsPage(file, chosen), pixelSize: file.axes.pixelSize },
    read: async () => {
      checkPixelCount({ width, height }, place);
      return readTiffImage(file, chosen).catch((cause: unknown) => {
        throw tiffError(place, cause);
      });
    },
    unpack: async (target) => {
      checkPixelCount({ width, height }, place, maxStoredPixels);
      const bands = await tiffBands(file, chosen).catch((cause: unknown) => {
        throw tiffError(place, cause);
      });
      await writeFile(target, bytesOfBands(bands, place));
      const { channels, depth, scale } = bands;
      return {
        ...{ width, height, channels, depth, hasAlpha: false, headerBytes: 0 },
        ...(scale && { scale }),
      };
    },
  };
}

async function* bytesOfBands({ bands }: BandedImage, place: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const values of bands())
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  } catch (cause) {
    throw tiffError(place, cause);
  }
}

function onlyImage({ axes }: TiffFile, place: string): ChosenImage {
  try {
    return choosePlanes(axes, {})[0]!;
  } catch (error) {
    if (!(error instanceof PlaneChoiceError)) throw error;
    const hint = 'Save the channel and plane that show the nuclei as an image of its own.';
    throw imageError(place, error.message, hint, error);
  }
}

const tiffError = (place: string, cause: unknown): NucleateError =>
  cause instanceof TiffProblem
    ? imageError(
        place,
        `The TIFF cannot be read: ${cause.message}.`,
        'Export it again: one image, without compression or with LZW, Deflate or zstd.',
        cause,
      )
    : imageError(place, 'The TIFF is damaged.', 'Copy or export the image again.', cause);
