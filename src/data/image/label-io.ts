/** Reads and writes label images and masks, whose values are exact. */
import { bytesInMemory } from '../files/file-bytes.js';
import { readBytes } from '../files/read-bytes.js';
import type { LabelImage } from '../geometry/label-image.js';
import type { Size } from '../geometry/rect.js';
import { checkBlackIsZero, checkHeader, checkLabelHeader, imageError, maxPixels } from './image-header.js';
import type { ImageHeader } from './image-header.js';
import { decode, encodePng, headerOf, placeOf, type TiffPage, writeImage } from './image-io.js';
import type { Image } from './image.js';
import { labelTiff } from './label-tiff.js';
import { greyValues, type LabelReading, labelsOfValues, type StoredValues } from './label-values.js';
import { decodePlainPng } from './plain-png.js';
import { isTiff, photometric } from './png-tiff-headers.js';
import type { PlaneValues } from './tiff/read-plane.js';

/**
 * Reads a label image: whole numbers of any type, also as floating-point numbers, in one channel or in three that are equal,
 * as PNG or TIFF. 0 is background unless `reading` says otherwise.
 *
 * @param source A path, or the bytes of a file.
 * @returns See {@link labelsOfValues}; all 0 without instances.
 * @throws {NucleateError} As {@link readImage}; also for JPEG, palettes and fewer than 8 bits, which do not keep
 *   label values, and for what is no label image.
 */
export async function readLabelImage(
  source: string | Buffer,
  place = placeOf(source),
  reading: LabelReading = {},
): Promise<LabelImage> {
  const check = (header: ImageHeader) => checkLabelHeader(header, place, reading);
  return labelsOfValues(await readValues(await bytesOf(source, place), place, check), place, reading);
}

/**
 * Reads the mask of one instance, or a map of an image: values of any type in one channel or in three that are equal, of
 * 1 bit or more, PNG or TIFF.
 *
 * @returns `height * width` values as they are stored, those of fewer than 8 bits scaled to 0-255.
 * @throws {NucleateError} As {@link readImage}; also for JPEG, whose compression changes values, and for colours,
 *   which may stand for several instances.
 */
export async function readMaskImage(
  source: Buffer,
  place = placeOf(source),
): Promise<Size & { data: PlaneValues }> {
  const plain = await decodePlainPng(source);
  if (plain) return plain;
  const stored = await readValues(await bytesOf(source, place), place, ({ format }) => {
    if (format !== 'jpeg') return;
    throw imageError(place, 'A JPEG cannot hold a mask: its compression changes values.', maskHint);
  });
  const data = greyValues(stored);
  if (!data) throw imageError(place, 'The mask is in colours: its three channels differ.', maskHint);
  return { width: stored.width, height: stored.height, data };
}

const maskHint = 'Save the mask as an 8-bit grey PNG, background 0.';

/** The values of an image file, without bringing them to 8 or 16 bits. */
async function readValues(
  bytes: Buffer,
  place: string,
  check: (header: ImageHeader) => void,
): Promise<StoredValues> {
  let of: TiffPage | undefined;
  if (isTiff(bytes)) {
    const { findTiffImages } = await import('./tiff/find-images.js');
    const [image] = await findTiffImages(bytesInMemory(bytes), { writtenAs: 'label image' }, place);
    const { page, photometric: shown } = image!;
    if (page === undefined) {
      checkBlackIsZero(shown !== photometric.whiteIsZero, place);
      return image!.readValues();
    }
    await image!.check();
    of = { page, shown };
  }
  const header = await headerOf(bytes, place, of);
  // NumPy's truth values are written so, 1 as black: of a mask the values count, not how they are shown.
  const isTruth = header.isWhiteIsZero && header.bitsPerSample === 1;
  const layout = checkHeader({ ...header, isWhiteIsZero: header.isWhiteIsZero && !isTruth }, place);
  check(header);
  const { data, ...image } = await decode(bytes, header, layout, place, of?.page);
  return { ...image, values: isTruth ? data.map((value: number) => 255 - value) : data };
}

/**
 * Writes a single-channel 16-bit PNG. An existing file is replaced.
 *
 * @throws {NucleateError} Exit code 3 for a label above 65535, which 16 bits cannot hold; exit code 8 if the file
 *   cannot be written.
 * @throws {RangeError} For a negative label, or if `labels` does not have `width * height` values.
 */
export async function writeLabelImage(path: string, labelImage: LabelImage): Promise<void> {
  for (const label of labelImage.labels) {
    if (label > 65535) {
      const what = `A 16-bit PNG holds labels up to 65535, but this label image has ${label}.`;
      throw imageError(path, what, 'Renumber the labels without gaps, or cut the image into tiles.');
    }
  }
  await writeImage(path, labelPixels(labelImage));
}

/**
 * Encodes a label image as a single-channel 16-bit PNG; as a TIFF with 32 bits if it has labels above 65535; and as a TIFF
 * if it has more than {@link maxPixels}, so that readers can read it strip by strip.
 *
 * @returns The bytes in pieces.
 * @throws {RangeError} For a negative label, or if `labels` does not have `width * height` values.
 */
export async function encodeLabelImage(
  labelImage: LabelImage,
): Promise<{ readonly extension: '.png' | '.tif'; readonly pieces: readonly Buffer[] }> {
  const { width, height, labels } = labelImage;
  const isWide = labels.some((label) => label > 65535);
  if (isWide || width * height > maxPixels) return { extension: '.tif', pieces: labelTiff(labelImage) };
  return { extension: '.png', pieces: [await encodePng(labelPixels(labelImage))] };
}

function labelPixels({ width, height, labels }: LabelImage): Image {
  for (const label of labels)
    if (label < 0) throw new RangeError(`Expected labels from 0, received ${label}`);
  return { width, height, channels: 1, data: Uint16Array.from(labels) };
}

/** The bytes, not the path: libvips would read the path "a.tif[page=1]" as page 1 of "a.tif". */
async function bytesOf(source: string | Buffer, place: string): Promise<Buffer> {
  const bytes = typeof source === 'string' ? await readBytes(source) : source;
  if (bytes.length === 0)
    throw imageError(place, 'The file is empty (0 bytes).', 'Copy or export the image again.');
  return bytes;
}
