/** Images that are too large for memory: they are unpacked to a file and read rectangle by rectangle. */
import { closeSync, openSync, readSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeTemporaryFolder } from '../../temporary-folder.js';
import type { Size } from '../geometry/rect.js';
import type { Box } from '../geometry/box.js';
import { withoutAlpha } from './alpha.js';
import { withoutMissing } from './intensity.js';
import { maxPixels, type UnpackedImage } from './image-header.js';
import { pickColours } from './colours.js';
import { closeContent, findImages, type FoundImage, openContent } from './image-io.js';
import type { Channels, Image, PixelSize, ValueScale } from './image.js';
import type { PlaneChoice } from './plane-choice.js';
import { channelMedians } from './channel-medians.js';

/** An image in a temporary file, which exists until the image is closed. */
export interface StoredImage extends Size {
  readonly channels: Channels;
  /** How often each value occurs, all channels together, but those of `Image.missing`: `[256]` for 8 bits, `[65536]` for 16. */
  readonly counts: Uint32Array;
  /** `[channels]`, as stored: see {@link channelMedians}. */
  readonly channelMedians: Float64Array;
  /** As that of an image in memory. */
  readonly scale?: ValueScale;
  /** Absent where the file does not tell. */
  readonly pixelSize?: PixelSize;
  /**
   * Reads a rectangle.
   *
   * @param box Whole px, within the image, at least 1 x 1.
   * @returns An image with memory of its own.
   */
  read(box: Box): Image;
  /** Removes the file. */
  close(): void;
}

/** An image in memory, or one whose pixels are read when they are needed. */
export type Pixels = Image | StoredImage;

/** A rectangle of an image as an image; the image itself if it is in memory and the rectangle is all of it. */
export function readRegion(image: Pixels, box: Box): Image {
  if ('read' in image) return image.read(box);
  const { width, height, channels, data } = image;
  const size = { width: box.x2 - box.x1, height: box.y2 - box.y1 };
  if (size.width === width && size.height === height) return image;
  const row = size.width * channels;
  const region =
    data instanceof Uint8Array ? new Uint8Array(size.height * row) : new Uint16Array(size.height * row);
  for (let y = 0; y < size.height; y++) {
    const from = ((box.y1 + y) * width + box.x1) * channels;
    region.set(data.subarray(from, from + row), y * row);
  }
  return { ...size, channels, data: region, ...(image.scale && { scale: image.scale }) };
}

/** The value of each channel outside an image, as stored: the median of the channel. */
export const paddingValues = (image: Pixels): Float64Array =>
  'read' in image ? image.channelMedians : channelMedians(image);

/** An image of a file that has been found and not read, and its size. */
export interface UnreadImage extends Size {
  /** What tells it from the others of its file, for names of outputs: `c2`, `z10`; empty for the only one. */
  readonly suffix: string;
  /** As that of an image that is found. */
  readonly written?: readonly string[];
  /**
   * Reads it, or unpacks it to a temporary file if it is large. The file is in the system's temporary folder (`TMPDIR`),
   * takes 1 to 6 bytes per pixel, and is deleted when the process ends, even after a crash.
   *
   * @returns The caller closes a stored image.
   * @throws {NucleateError} Exit code 3 as `readImage`, for more than a gigapixel, and exit code 8 if there is no disk space.
   */
  open(): Promise<Pixels>;
}

/** The images that a choice makes of a file. */
export interface OpenedImages {
  /** At least one. */
  readonly images: readonly UnreadImage[];
  /** Closes the file; to be called when the images have been read. */
  readonly close: () => Promise<void>;
}

/**
 * Finds the images that a choice makes of a file.
 *
 * @param source A path, the bytes of a file, or what a file holds.
 * @param place The name of the file in errors.
 * @param inMemory px: larger images are unpacked.
 * @returns The caller closes it.
 * @throws {NucleateError} Exit code 3 if its header cannot be read, or the choice does not fit it.
 */
export async function openImages(
  source: string | Buffer | Image,
  choice: PlaneChoice,
  { place, inMemory = maxPixels }: { readonly place: string; readonly inMemory?: number },
): Promise<OpenedImages> {
  const content = await openContent(source);
  try {
    const found = await findImages(content, choice, place);
    const images = found.map((image) => ({
      ...{ suffix: image.suffix, width: image.width, height: image.height },
      ...(image.written && { written: image.written }),
      open: () =>
        'width' in content || image.width * image.height <= inMemory ? image.read() : unpack(image, place),
    }));
    return { images, close: () => closeContent(content) };
  } catch (error) {
    await closeContent(content);
    throw error;
  }
}

async function unpack(image: FoundImage, place: string): Promise<StoredImage> {
  const folder = makeTemporaryFolder('image');
  try {
    const raw = path.join(folder, 'pixels.v');
    const unpacked = await image.unpack(raw);
    // An open file stays readable after it is deleted, and the system frees its space when the process ends.
    return storedImage(openSync(raw, 'r'), unpacked, place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rows that are read at a time while values are counted. */
const countedRows = 64;

function storedImage(handle: number, unpacked: UnpackedImage, place: string): StoredImage {
  const { width, height } = unpacked;
  const channels = channelsOf(unpacked);
  const read = (box: Box) => readRectangle(handle, unpacked, box, place);
  try {
    const counts = new Uint32Array(unpacked.depth === 'uchar' ? 256 : 65536);
    for (let y1 = 0; y1 < height; y1 += countedRows) {
      const { data } = read({ x1: 0, y1, x2: width, y2: Math.min(height, y1 + countedRows) });
      for (let i = 0; i < data.length; i++) counts[data[i]!]! += 1;
    }
    withoutMissing(counts, unpacked.missing);
    const median = sampledMedians({ width, height, channels }, read);
    return {
      ...{ width, height, channels, counts, channelMedians: median, read },
      ...(unpacked.scale && { scale: unpacked.scale }),
      ...(unpacked.pixelSize && { pixelSize: unpacked.pixelSize }),
      close: () => closeSync(handle),
    };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** {@link channelMedians} of the same pixels. */
function sampledMedians(
  { width, height, channels }: Size & { channels: Channels },
  read: (box: Box) => Image,
): Float64Array {
  const step = Math.max(1, Math.floor((width * height) / 1024));
  const pixels = Array.from({ length: Math.ceil((width * height) / step) }, (_, index) => {
    const x1 = (index * step) % width;
    const y1 = Math.floor((index * step) / width);
    return read({ x1, y1, x2: x1 + 1, y2: y1 + 1 }).data;
  });
  return channelMedians({ channels, data: Uint16Array.from(pixels.flatMap((values) => [...values])) });
}

const channelsOf = ({ channels, colours }: UnpackedImage): Channels =>
  colours ? (colours.length === 1 ? 1 : 3) : channels;

function readRectangle(
  handle: number,
  unpacked: UnpackedImage,
  { x1, y1, x2, y2 }: Box,
  place: string,
): Image {
  const { width, channels, depth, hasAlpha, headerBytes } = unpacked;
  const size = { width: x2 - x1, height: y2 - y1 };
  const pixelBytes = (hasAlpha ? 4 : channels) * (depth === 'ushort' ? 2 : 1);
  const rowBytes = size.width * pixelBytes;
  const bytes = new Uint8Array(size.height * rowBytes);
  // Rows of the whole width are contiguous in the file.
  const portions = size.width === width ? 1 : size.height;
  const portionBytes = bytes.length / portions;
  for (let portion = 0; portion < portions; portion++) {
    const at = headerBytes + ((y1 + portion) * width + x1) * pixelBytes;
    readFully(handle, bytes.subarray(portion * portionBytes, (portion + 1) * portionBytes), at);
  }
  const values = depth === 'ushort' ? new Uint16Array(bytes.buffer) : bytes;
  const stored = { channels, data: hasAlpha ? withoutAlpha(values, channels, place) : values };
  return {
    ...size,
    ...pickColours(stored, unpacked.colours),
    ...(unpacked.scale && { scale: unpacked.scale }),
  };
}

function readFully(handle: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length;) {
    const count = readSync(handle, target, done, target.length - done, position + done);
    if (count === 0) throw new Error('The unpacked image ends early');
    done += count;
  }
}
