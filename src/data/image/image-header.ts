/** What is refused by the header of an image file, before a pixel is decoded. */
import { exitCodes, NucleateError } from '../../errors.js';
import type { Channels } from './image.js';

/** 64 megapixels: 8000 x 8000, beyond any field of view; a decoded 16-bit RGB image then takes 384 MB. */
export const maxPixels = 64e6;

/**
 * 1 gigapixel, for images that are unpacked to a file and read part by part: 32,000 x 32,000 of 16-bit RGB takes 6 GB of
 * disk, and its labels 4 GB of memory.
 */
export const maxStoredPixels = 1024e6;

/** The header of an image file; colour space and depth in libvips's words. */
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
  /** As stored; undefined where the format has no choice. */
  readonly bitsPerSample: number | undefined;
  readonly isPalette: boolean;
  readonly isWhiteIsZero: boolean;
}

/** How the pixels of an accepted file are laid out. */
export interface PixelLayout {
  readonly channels: Channels;
  readonly depth: 'uchar' | 'ushort';
  /** Whether one more channel follows, to be dropped once it proved opaque. */
  readonly hasAlpha: boolean;
}

const layouts = new Map<string, Omit<PixelLayout, 'hasAlpha'>>([
  ['b-w', { channels: 1, depth: 'uchar' }],
  ['grey16', { channels: 1, depth: 'ushort' }],
  ['srgb', { channels: 3, depth: 'uchar' }],
  ['rgb16', { channels: 3, depth: 'ushort' }],
]);

/** The error for an image file that is not accepted. */
export const imageError = (where: string, what: string, hint: string, cause?: unknown) =>
  new NucleateError({ where, what, hint, exitCode: exitCodes.data }, { cause });

/**
 * Checks that a file holds one upright image of a size and pixel layout that are understood.
 *
 * @param place The file, for the error.
 * @param most px.
 * @throws {NucleateError} Exit code 3: too large, several pages or frames, turned, white stored as 0, or pixels
 *   other than 8- or 16-bit grey or RGB with or without alpha.
 */
export function checkHeader(header: ImageHeader, place: string, most = maxPixels): PixelLayout {
  const { width, height, pages, orientation, space, channels, depth } = header;
  const refuse = (what: string, hint: string) => imageError(place, what, hint);
  if (width * height > most) {
    const side = Math.floor(Math.sqrt(most) / 1000) * 1000;
    throw refuse(
      `The image has ${width} x ${height} pixels, more than ${most / 1e6} megapixels.`,
      `Cut it into tiles of at most ${side} x ${side} pixels.`,
    );
  }
  if (pages > 1) throw refuse(`The file has ${pages} pages.`, 'Save each page as a file of its own.');
  if (header.isAnimated) throw refuse('The file is an animation.', 'Save each frame as a file of its own.');
  if (orientation !== 1) {
    throw refuse(
      `The file carries the orientation tag ${orientation}, and its masks may or may not be turned with it.`,
      'Save the image the way it is to be seen, without the tag.',
    );
  }
  if (header.isWhiteIsZero) {
    throw refuse(
      'The TIFF stores white as 0, as under an inverting lookup table.',
      'Save it with black as 0; in ImageJ: Image > Lookup Tables > Invert LUT.',
    );
  }
  const layout = layouts.get(space);
  const extra = layout && channels - layout.channels;
  if (layout?.depth !== depth || (extra !== 0 && extra !== 1)) {
    throw refuse(
      `The pixels are not understood: colour space ${space}, ${channels} channels, values ${depth}.`,
      'Save the image as 8- or 16-bit grey or RGB.',
    );
  }
  return { ...layout, hasAlpha: extra === 1 };
}

/** What to do about a label image that is refused. */
export const labelsHint = 'Save the labels as a single-channel 16-bit PNG or TIFF, background 0.';

/**
 * Checks that a file stores its values as labels need it.
 *
 * @throws {NucleateError} Exit code 3 for JPEG, a palette or fewer than 8 bits.
 */
export function checkLabelHeader({ format, isPalette, bitsPerSample = 8 }: ImageHeader, place: string): void {
  const refuse = (what: string) => imageError(place, what, labelsHint);
  if (format === 'jpeg') throw refuse('A JPEG cannot hold labels: its compression changes values.');
  if (isPalette) throw refuse('A palette image cannot hold labels: its values are colours.');
  // Fewer bits are stretched to 0-255 on decoding.
  if (bitsPerSample < 8) throw refuse(`Expected labels of 8 or 16 bits, received ${bitsPerSample}.`);
}
