/** The images of a TIFF file that were asked for, or the pages that libvips reads better. */
import { writeFile } from 'node:fs/promises';
import { NucleateError } from '../../../errors.js';
import type { FileBytes } from '../../files/file-bytes.js';
import type { Size } from '../../geometry/rect.js';
import { type ChosenImage, choosePlanes } from '../choose-planes.js';
import { pickColours } from '../colours.js';
import {
  checkOrientation,
  checkPixelCount,
  imageError,
  maxStoredPixels,
  noRoom,
  type UnpackedImage,
} from '../image-header.js';
import type { Image, PixelSize } from '../image.js';
import type { StoredValues } from '../label-values.js';
import { exportHint } from '../other-formats.js';
import type { PlaneChoice } from '../plane-choice.js';
import { photometric } from '../png-tiff-headers.js';
import { checkDeflate } from './checksums.js';
import type { TiffDirectory } from './directory.js';
import { openTiff } from './open-tiff.js';
import type { TiffFile } from './tiff-file.js';
import { TiffProblem } from './tiff-problem.js';
import { type BandedImage, libvipsPage, readTiffImage, readTiffValues, tiffBands } from './read-tiff.js';

/** One image of a file, and its size in px. */
export interface TiffImage extends Size {
  readonly chosen: ChosenImage;
  /** The page that libvips reads right and in full; undefined for values, compressions and planes that it does not know. */
  readonly page: number | undefined;
  /** How the values of the page are shown, see `photometric`. */
  readonly photometric: number;
  /** Whether {@link read} gives the same values, and notices damage: libvips refuses files for a text that is not ended. */
  readonly isPlain: boolean;
  /** Undefined where the file does not tell. */
  readonly pixelSize: PixelSize | undefined;
  /** Notices damage to the page that libvips does not. */
  readonly check: () => Promise<void>;
  /** Its values as they are stored, read without libvips. */
  readonly readValues: () => Promise<StoredValues>;
  /** Reads it without libvips. */
  readonly read: () => Promise<Image>;
  /** Writes its pixels to a file, without libvips, so that few of them are in memory at once. */
  readonly unpack: (target: string) => Promise<UnpackedImage>;
}

/**
 * Finds the images of a TIFF file that a choice asks for; smaller versions of them, thumbnails and labels do not count.
 *
 * @param place The name of the file in errors.
 * @returns At least one.
 * @throws {NucleateError} Exit code 3: several planes or channels without a choice, or a file that cannot be read.
 */
export async function findTiffImages(
  bytes: FileBytes,
  choice: PlaneChoice,
  place: string,
): Promise<TiffImage[]> {
  let file: TiffFile;
  try {
    file = await openTiff(bytes);
  } catch (cause) {
    throw tiffError(place, cause);
  }
  checkOrientation(file.axes.base.orientation, place);
  return choosePlanes(file.axes, choice, place).map((chosen) => tiffImage(file, chosen, place));
}

function tiffImage(file: TiffFile, chosen: ChosenImage, place: string): TiffImage {
  const { width, height } = file.axes.base;
  const page = libvipsPage(file, chosen);
  const named = <Value>(work: Promise<Value>) =>
    work.catch((cause: unknown) => {
      throw tiffError(place, cause);
    });
  return {
    ...{ width, height, chosen, page, pixelSize: file.axes.pixelSize },
    isPlain: isPlain(file.axes.base),
    photometric: file.directories[page ?? 0]!.photometric,
    check: () => named(checkDeflate(file.directories[page ?? 0]!, file.bytes)),
    readValues: async () => {
      checkPixelCount({ width, height }, place);
      return named(readTiffValues(file, chosen));
    },
    read: async () => {
      checkPixelCount({ width, height }, place);
      const image = await named(readTiffImage(file, chosen));
      return { ...image, ...pickColours(image, chosen.colours) };
    },
    unpack: async (target) => {
      checkPixelCount({ width, height }, place, maxStoredPixels);
      const bands = await named(tiffBands(file, chosen));
      await writeFile(target, bytesOfBands(bands, place)).catch((cause: Error) => {
        throw cause instanceof NucleateError ? cause : noRoom(place, cause);
      });
      const { channels, depth, scale, missing } = bands;
      return {
        ...{ width, height, channels, depth, hasAlpha: false, headerBytes: 0 },
        ...(chosen.colours && { colours: chosen.colours }),
        ...(scale && { scale }),
        ...(missing && { missing }),
      };
    },
  };
}

/** Grey and RGB of 8 and 16 bits, as they are or in Deflate, which has a checksum. */
const isPlain = ({ photometric: meaning, samples, bits, compression }: TiffDirectory): boolean =>
  ((meaning === photometric.blackIsZero && samples === 1) ||
    (meaning === photometric.rgb && samples === 3)) &&
  [8, 16].includes(bits) &&
  [1, 8, 32_946].includes(compression);

async function* bytesOfBands({ bands }: BandedImage, place: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const values of bands())
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  } catch (cause) {
    throw tiffError(place, cause);
  }
}

const tiffError = (place: string, cause: unknown): NucleateError =>
  cause instanceof TiffProblem
    ? imageError(
        place,
        `The TIFF cannot be read: ${cause.message}.`,
        cause.hint ??
          exportHint(place) ??
          'Export it again: one image, without compression or with LZW, Deflate or zstd.',
        cause,
      )
    : imageError(place, 'The TIFF is damaged.', 'Copy or export the image again.', cause);
