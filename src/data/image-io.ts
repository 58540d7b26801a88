/** Reads and writes image files. The only file that knows sharp (libvips). */
import { readFile, stat, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { exitCodes, NucleateError } from '../errors.js';
import { checkHeader, checkLabelHeader, maxPixels, mendLabels, refusal } from './image-header.js';
import type { ImageHeader, PixelLayout } from './image-header.js';
import type { Image, LabelImage } from './image.js';
import { isAnimatedPng, photometric, tiffPhotometric } from './unreported-headers.js';

// Files come from anywhere, and libvips would also open SVG, PDF and formats whose decoders see less scrutiny.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadPngBuffer', 'VipsForeignLoadTiffBuffer', 'VipsForeignLoadJpegBuffer'],
});
// Every image is decoded once, so a cache only holds memory.
sharp.cache(false);

/** 64 megapixels of uncompressed 16-bit RGBA. */
const maxFileBytes = maxPixels * 8;

/**
 * Reads a PNG, TIFF or JPEG file, whatever its name says, without changing a value: no gamma, no colour profile, no
 * scaling of 16 bits. Palette, 1-, 2- and 4-bit images become 8-bit, as their pixels look.
 *
 * An alpha channel is dropped where it is opaque everywhere. Refused are: alpha that is not, several pages or
 * frames, an orientation tag, CMYK and other colour spaces, floating point, TIFF with white as 0, more than 64
 * megapixels (seen in the header, before decoding), and files that are damaged or of another format.
 *
 * @param source A path, or the bytes of a file.
 * @returns An image of its own memory.
 * @throws {NucleateError} Exit code 3, naming the file and what is wrong with it.
 */
export async function readImage(source: string | Buffer): Promise<Image> {
  const { bytes, header, place } = await open(source);
  return decode(bytes, header, checkHeader(header, place), place);
}

/**
 * Reads a label image: 8- or 16-bit grey, or RGB with three equal channels, PNG or TIFF. 0 is background.
 *
 * @param source A path, or the bytes of a file.
 * @returns Labels as they stand in the file, gaps included; all 0 where there is no instance.
 * @throws {NucleateError} As {@link readImage}; also for JPEG, palettes and fewer than 8 bits, which do not keep
 *   label values, and for colours.
 */
export async function readLabelImage(source: string | Buffer): Promise<LabelImage> {
  const { bytes, header, place } = await open(source);
  const layout = checkHeader(header, place);
  checkLabelHeader(header, place);
  const { width, height, channels, data } = await decode(bytes, header, layout, place);
  const labels = new Int32Array(width * height);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const first = pixel * channels;
    const last = first + channels - 1;
    if (data[first] !== data[last] || data[first] !== data[(first + last) / 2]) {
      throw refusal(place, 'The labels are colours: the three channels differ.', mendLabels);
    }
    labels[pixel] = data[first]!;
  }
  return { width, height, labels };
}

/**
 * Writes a PNG with as many bits as `data` has, 8 or 16; an existing file is replaced.
 *
 * @throws {NucleateError} Exit code 8 if the file cannot be written.
 * @throws {RangeError} If `data` does not have `width * height * channels` values.
 */
export async function writeImage(path: string, { width, height, channels, data }: Image): Promise<void> {
  if (data.length !== width * height * channels) {
    throw new RangeError(`Expected ${width} x ${height} x ${channels} values, received ${data.length}`);
  }
  const space = spaceOf(channels, data instanceof Uint16Array ? 'ushort' : 'uchar');
  const bytes = await sharp(data, { raw: { width, height, channels } })
    .toColourspace(space)
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  await writeFile(path, bytes).catch((cause: Error) => {
    const what = `The image cannot be written: ${cause.message}.`;
    const mend = 'Check that the folder exists, is writable and has space left.';
    throw new NucleateError({ what, where: path, mend, exitCode: exitCodes.io }, { cause });
  });
}

/**
 * Writes a single-channel 16-bit PNG; an existing file is replaced.
 *
 * @throws {NucleateError} Exit code 3 for a label above 65535, which 16 bits cannot hold; exit code 8 if the file
 *   cannot be written.
 * @throws {RangeError} For a negative label, or if `labels` does not have `width * height` values.
 */
export async function writeLabelImage(path: string, { width, height, labels }: LabelImage): Promise<void> {
  for (const label of labels) {
    if (label < 0) throw new RangeError(`Expected labels from 0, received ${label}`);
    if (label > 65535) {
      const what = `A 16-bit PNG holds labels up to 65535, and this label image has ${label}.`;
      throw refusal(path, what, 'Renumber the labels without gaps, or cut the image into tiles.');
    }
  }
  await writeImage(path, { width, height, channels: 1, data: Uint16Array.from(labels) });
}

const spaceOf = (channels: number, depth: PixelLayout['depth']) =>
  depth === 'ushort' ? (channels === 1 ? 'grey16' : 'rgb16') : channels === 1 ? 'b-w' : 'srgb';

async function open(source: string | Buffer) {
  const place = typeof source === 'string' ? source : 'image in memory';
  const bytes = typeof source === 'string' ? await readBytes(source) : source;
  if (bytes.length === 0)
    throw refusal(place, 'The file is empty (0 bytes).', 'Copy or export the image again.');
  try {
    return { bytes, header: await readHeader(bytes), place };
  } catch (cause) {
    throw refusal(
      place,
      'The file cannot be understood as a PNG, TIFF or JPEG image.',
      'Export the image as PNG or TIFF.',
      cause,
    );
  }
}

/** The whole file, because libvips would take a path apart: "a.tif[page=1]" is page 1 of "a.tif" to it. */
async function readBytes(path: string): Promise<Buffer> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new Error('it is not a regular file');
    if (info.size <= maxFileBytes) return await readFile(path);
  } catch (cause) {
    throw refusal(path, `The file cannot be read: ${(cause as Error).message}.`, 'Check the path.', cause);
  }
  throw refusal(
    path,
    'The file has more than 512 MB.',
    'Cut the image into tiles of at most 8000 x 8000 pixels.',
  );
}

async function readHeader(bytes: Buffer): Promise<ImageHeader> {
  // No limits here, so that an image beyond them is refused in our own words.
  const metadata = await sharp(bytes, { limitInputPixels: false, limitInputChannels: false }).metadata();
  const colours = tiffPhotometric(bytes);
  return {
    ...metadata,
    pages: metadata.pages ?? 1,
    isAnimated: isAnimatedPng(bytes),
    orientation: metadata.orientation ?? 1,
    bitsPerSample: metadata.bitsPerSample,
    isPalette: metadata.isPalette || colours === photometric.palette,
    isWhiteIsZero: colours === photometric.whiteIsZero,
  };
}

async function decode(
  bytes: Buffer,
  header: ImageHeader,
  layout: PixelLayout,
  place: string,
): Promise<Image> {
  const { width, height } = header;
  const { channels, depth, hasAlpha } = layout;
  // sharp drops the alpha of 8-bit grey unasked, so grey with alpha is decoded as RGB with alpha.
  const space = spaceOf(hasAlpha ? 3 : channels, depth);
  const raw = await sharp(bytes, { limitInputPixels: maxPixels, ignoreIcc: true })
    .toColourspace(space)
    .raw({ depth })
    .toBuffer()
    .catch((cause: unknown) => {
      const what = 'The image is damaged: its header can be read and its pixels cannot.';
      throw refusal(place, what, 'Copy or export the image again.', cause);
    });
  // A copy: a Buffer may start at an odd address, where no Uint16Array can.
  const memory = new Uint8Array(raw).buffer;
  const decoded = depth === 'ushort' ? new Uint16Array(memory) : new Uint8Array(memory);
  if (!hasAlpha) return { width, height, channels, data: decoded };

  const opaque = depth === 'ushort' ? 65535 : 255;
  if (decoded.some((value, index) => index % 4 === 3 && value !== opaque)) {
    const what = `The image has a channel after the ${channels === 1 ? 'first' : 'third'} that is not opaque alpha.`;
    throw refusal(place, what, 'Save the image without transparency, one or three channels.');
  }
  return { width, height, channels, data: decoded.filter((_, index) => index % 4 < channels) };
}
