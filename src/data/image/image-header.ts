/** Checks the header of an image file before a pixel is decoded. */
import { exitCodes, NucleateError } from '../../errors.js';
import type { Size } from '../geometry/rect.js';
import type { Channels, MissingValues, PixelSize, ValueScale } from './image.js';

/** 67 megapixels, 8,192 x 8,192: more than any field of view. A decoded 16-bit RGB image takes 403 MB. */
export const maxPixels = 2 ** 26;

/**
 * 1 gigapixel, for images that are unpacked to a file and read part by part. 32,000 x 32,000 pixels of 16-bit RGB take 6 GB
 * of disk, and their labels 4 GB of memory.
 */
export const maxStoredPixels = 1024e6;

/** The header of an image file. Colour space and depth have the names of libvips. */
export interface ImageHeader {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly pages: number;
  readonly isAnimated: boolean;
  /** EXIF or TIFF orientation, 1 = as stored. */
  readonly orientation: number;
  readonly space: string;
  readonly channels: number;
  readonly depth: string;
  /** As stored; undefined if the format has only one. */
  readonly bitsPerSample: number | undefined;
  readonly isPalette: boolean;
  readonly isWhiteIsZero: boolean;
}

/** How the pixels of an accepted file are laid out. */
export interface PixelLayout {
  readonly channels: Channels;
  readonly depth: 'uchar' | 'ushort';
  /** Whether an alpha channel follows. It is dropped if it is opaque. */
  readonly hasAlpha: boolean;
}

/** Where the pixels of an unpacked image are in its file: row by row, in the machine's byte order. */
export interface UnpackedImage extends Size, PixelLayout {
  /** Bytes before the first pixel. */
  readonly headerBytes: number;
  /** As that of an image in memory. */
  readonly scale?: ValueScale;
  readonly missing?: MissingValues;
  readonly pixelSize?: PixelSize;
  /** Which of red, green and blue (0, 1, 2) the image is; absent for all that there are. */
  readonly colours?: readonly number[];
}

const layouts = new Map<string, Omit<PixelLayout, 'hasAlpha'>>([
  ['b-w', { channels: 1, depth: 'uchar' }],
  ['grey16', { channels: 1, depth: 'ushort' }],
  ['srgb', { channels: 3, depth: 'uchar' }],
  ['rgb16', { channels: 3, depth: 'ushort' }],
]);

/** The error for an image file that cannot be used. */
export const imageError = (where: string, what: string, hint: string, cause?: unknown) =>
  new NucleateError({ where, what, hint, exitCode: exitCodes.data }, { cause });

/** The error for an image that cannot be unpacked to a file. */
export const noRoom = (where: string, cause: Error) =>
  new NucleateError(
    {
      what: `There is not enough disk space to unpack the image: ${cause.message}.`,
      where,
      hint: 'Set TMPDIR to a folder on a disk with more space.',
      exitCode: exitCodes.io,
    },
    { cause },
  );

/** @throws {NucleateError} Exit code 3 if an image has more than `mostPixels`. */
export function checkPixelCount({ width, height }: Size, place: string, mostPixels = maxPixels): void {
  if (width * height <= mostPixels) return;
  const side = Math.floor(Math.sqrt(mostPixels) / 1000) * 1000;
  throw imageError(
    place,
    `The image has ${width} x ${height} pixels, more than ${Math.floor(mostPixels / 1e6)} megapixels.`,
    `Cut it into tiles of at most ${side} x ${side} pixels.`,
  );
}

/** @throws {NucleateError} Exit code 3 unless an image is stored upright. */
export function checkOrientation(orientation: number, place: string): void {
  if (orientation === 1) return;
  throw imageError(
    place,
    `The file has the orientation tag ${orientation}, so it is unclear whether its masks are rotated too.`,
    'Save the image upright and without the tag.',
  );
}

/** @throws {NucleateError} Exit code 3 if an image has white stored as 0, so that it is unclear what 0 means. */
export function checkBlackIsZero(isBlackZero: boolean, place: string): void {
  if (isBlackZero) return;
  throw imageError(
    place,
    'The TIFF stores white as 0 (inverted lookup table).',
    'Save it with black as 0; in ImageJ: Image > Lookup Tables > Invert LUT.',
  );
}

/**
 * Checks that a file holds one upright image of a supported size and pixel layout.
 *
 * @param place The name of the file in errors.
 * @param mostPixels Larger images are an error.
 * @throws {NucleateError} Exit code 3: too large, several pages or frames, an orientation tag, white stored as 0, or pixels
 *   other than 8- or 16-bit grey or RGB with or without alpha.
 */
export function checkHeader(header: ImageHeader, place: string, mostPixels = maxPixels): PixelLayout {
  const { width, height, pages, orientation, space, channels, depth } = header;
  const error = (what: string, hint: string) => imageError(place, what, hint);
  checkPixelCount({ width, height }, place, mostPixels);
  if (pages > 1) throw error(`The file has ${pages} pages.`, 'Save each page as a separate file.');
  if (header.isAnimated) throw error('The file is an animation.', 'Save each frame as a separate file.');
  checkOrientation(orientation, place);
  checkBlackIsZero(!header.isWhiteIsZero, place);
  const layout = layouts.get(space);
  const extra = layout && channels - layout.channels;
  if (layout?.depth !== depth || (extra !== 0 && extra !== 1)) {
    throw error(
      `This kind of pixels is not supported: colour space ${space}, ${channels} channels, values ${depth}.`,
      'Save the image as 8- or 16-bit grey or RGB.',
    );
  }
  return { ...layout, hasAlpha: extra === 1 };
}

/** The hint for a label image that cannot be used. */
export const labelsHint = 'Save the labels as a single-channel 16-bit PNG or TIFF, background 0.';

/**
 * Checks that a file stores exact label values.
 *
 * @throws {NucleateError} Exit code 3 for JPEG; and unless they are read by colour or as pieces, for a palette and fewer
 *   than 8 bits.
 */
export function checkLabelHeader(
  { format, isPalette, bitsPerSample = 8 }: ImageHeader,
  place: string,
  { labelImages }: { readonly labelImages?: 'numbers' | 'pieces' | 'colours' | undefined },
): void {
  const error = (what: string, wayOut = '') => imageError(place, what, `${labelsHint}${wayOut}`);
  if (format === 'jpeg') throw error('A JPEG cannot hold labels: its compression changes values.');
  if (labelImages === 'pieces' || labelImages === 'colours') return;
  if (isPalette)
    throw error(
      'A palette image cannot hold labels: its values are colours.',
      ' Or take each colour for a nucleus: --label-images colours (data.labelImages).',
    );
  // Decoding scales fewer bits to 0-255.
  if (bitsPerSample < 8)
    throw error(
      `Expected labels of 8 or 16 bits, received ${bitsPerSample}: this may be a foreground mask.`,
      ' Or take each connected piece for a nucleus: --label-images pieces (data.labelImages).',
    );
}
