/**
 * Reads and writes image files; the only file that uses sharp (libvips). This folder: `image.ts` says what an image is,
 * `image-header.ts` which files are accepted, `stored-image.ts` reads images larger than memory, `intensity.ts` and
 * `resample.ts` make what networks see of them.
 */
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { bytesInMemory, type FileBytes, openBytes } from '../files/file-bytes.js';
import type { Size } from '../geometry/rect.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { withoutAlpha } from './alpha.js';
import { type ChosenImage, choosePlanes, onePlane } from './choose-planes.js';
import { pickColours } from './colours.js';
import { markDrawing } from './drawing-mark.js';
import { checkHeader, maxPixels, maxStoredPixels, noRoom, imageError } from './image-header.js';
import type { ImageHeader, PixelLayout, UnpackedImage } from './image-header.js';
import type { Image, PixelSize } from './image.js';
import { beginBytes, otherFormat, type OtherFormat } from './other-formats.js';
import { type PlaneChoice, takesEach } from './plane-choice.js';
import { isAnimatedPng, isTiff, photometric, tiffPhotometric } from './png-tiff-headers.js';

// Files may come from anywhere. libvips would also open SVG, PDF and other formats whose decoders are less tested.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadTiffFile',
  ],
});
// Every image is decoded once, so a cache would only use memory.
sharp.cache(false);

/**
 * Reads a PNG, TIFF or JPEG file, whatever its extension, without changing a value: no gamma, no colour profile, no
 * scaling of 16 bits. Palette, 1-, 2- and 4-bit images become 8-bit images that look the same. Other types of TIFF
 * (signed, 32 bits, floating point) are brought to 8 or 16 bits, see `toImageValues`; of a pyramid the full size is read.
 *
 * An opaque alpha channel is dropped. Errors are: alpha that is not opaque, several channels, planes or frames without a
 * choice among them, an orientation tag, CMYK and other colour spaces, more than 67 megapixels (according to the header,
 * before decoding), and files that are damaged or have another format or a compression that is not read.
 *
 * @param source A path, the bytes of a file, or what a file holds.
 * @param place The name of the file in errors.
 * @param choice Of one channel or one to three as colours, and of one plane, depth and time or a projection.
 * @returns An image with memory of its own.
 * @throws {NucleateError} Exit code 3, naming the file and what is wrong with it.
 */
export async function readImage(
  source: string | Buffer | Image,
  place = placeOf(source),
  choice: PlaneChoice = {},
): Promise<Image> {
  if (takesEach(choice))
    throw imageError(place, 'One image of the file is needed, not each.', 'Choose one of them.');
  for await (const image of readImages(source, choice, place)) return image;
  throw new RangeError('Expected an image');
}

/**
 * Reads the images that a choice makes of a file one by one, each as {@link readImage}.
 *
 * @param source A path, the bytes of a file, or what a file holds.
 */
export async function* readImages(
  source: string | Buffer | Image,
  choice: PlaneChoice,
  place: string,
): AsyncGenerator<Image, void, undefined> {
  const content = await openContent(source);
  try {
    for (const image of await findImages(content, choice, place)) yield await image.read();
  } finally {
    await closeContent(content);
  }
}

/** A file whose images can be found: its bytes, or what it holds. */
export const openContent = (source: string | Buffer | Image): Promise<FileBytes | Image> =>
  typeof source === 'string'
    ? openBytes(source)
    : Promise.resolve(Buffer.isBuffer(source) ? bytesInMemory(source) : source);

export const closeContent = async (content: FileBytes | Image): Promise<void> => {
  if ('close' in content) await content.close();
};

/** One image of a file, and its size in px. */
export interface FoundImage extends Size {
  /** What tells it from the others of its file, for names of outputs: `c2`, `z10`; empty for the only one. */
  readonly suffix: string;
  /** What the user writes for red, green and blue, where they are channels that were chosen; absent elsewhere. */
  readonly written?: readonly string[];
  /** As {@link readImage}. */
  read(): Promise<Image>;
  /**
   * Writes its pixels to a file, row by row, so that few of them are in memory at once. Values are those of
   * {@link readImage}. Alpha is kept: then each pixel has four values.
   *
   * @param target A path that ends in `.v`, the format of libvips: 64 bytes, then the pixels.
   * @throws {NucleateError} Exit code 3 as `readImage`, but for more than a gigapixel; also if the file cannot be written.
   */
  unpack(target: string): Promise<UnpackedImage>;
}

/**
 * Finds the images of a file that a choice asks for, without reading a pixel.
 *
 * @param content Bytes stay open until the images are read.
 * @returns At least one.
 * @throws {NucleateError} Exit code 3 if the header cannot be read, or the choice does not fit the file.
 */
export async function findImages(
  content: FileBytes | Image,
  choice: PlaneChoice,
  place: string,
): Promise<FoundImage[]> {
  if ('width' in content) return partsOf(content, choice, place);
  const bytes = content;
  if (bytes.size === 0)
    throw imageError(place, 'The file is empty (0 bytes).', 'Copy or export the image again.');
  const begin = Buffer.from(await bytes.read(0, beginBytes));
  const other = otherFormat(begin, place);
  if (other) throw otherFormatError(other, place);
  if (isTiff(begin)) return findTiff(bytes, choice, place);
  if (!isPngOrJpeg(begin)) throw notUnderstood(place);
  const input = await bytes.all(maxWholeBytes);
  const header = await headerOf(input, place);
  const isColour = checkHeader(header, place, Infinity).channels === 3;
  const planes = { sizes: onePlane, isColour, channelNames: [] };
  return choosePlanes(planes, choice, place).map((chosen) =>
    imageOfLibvips({ input, header, page: 0, place }, chosen),
  );
}

const isPngOrJpeg = (begin: Buffer) =>
  ['\x89PNG', '\xff\xd8\xff'].some((mark) => begin.indexOf(mark, 0, 'latin1') === 0);

/** The largest file that Node can read at once. */
const maxWholeBytes = 2 ** 31 - 1;

/** An image in memory, or some of its colours. */
function partsOf(image: Image, choice: PlaneChoice, place: string): FoundImage[] {
  const planes = { sizes: onePlane, isColour: image.channels === 3, channelNames: [] };
  return choosePlanes(planes, choice, place).map(({ suffix, colours }) => ({
    ...{ width: image.width, height: image.height, suffix },
    read: () => Promise.resolve({ ...image, ...pickColours(image, colours) }),
    unpack: () => Promise.reject(new RangeError('Expected an image that fits into memory')),
  }));
}

/** Only TIFF files need the readers of TIFF. */
async function findTiff(bytes: FileBytes, choice: PlaneChoice, place: string): Promise<FoundImage[]> {
  const { findTiffImages } = await import('./tiff/find-images.js');
  const found: FoundImage[] = [];
  const images = await findTiffImages(bytes, choice, place);
  for (const { page, chosen, pixelSize, photometric: shown, ...image } of images) {
    if (page === undefined) {
      const { suffix, written } = chosen;
      found.push(withPixelSize({ ...image, suffix, ...(written && { written }) }, pixelSize));
      continue;
    }
    // libvips takes the end of a name in brackets for options: "a.tif[page=1]".
    const input = bytes.path?.endsWith(']') === false ? bytes.path : await bytes.all(maxWholeBytes);
    const header = await headerOf(input, place, { page, shown });
    const byLibvips = checkedBefore(imageOfLibvips({ input, header, page, place }, chosen), image.check);
    found.push(withPixelSize(image.isPlain ? orElse(byLibvips, image) : byLibvips, pixelSize));
  }
  return found;
}

const checkedBefore = (image: FoundImage, check: () => Promise<void>): FoundImage => ({
  ...image,
  read: () => check().then(() => image.read()),
  unpack: (target) => check().then(() => image.unpack(target)),
});

/** What libvips cannot read is tried without it, which also tells better why it cannot be read. */
const orElse = (byLibvips: FoundImage, other: Pick<FoundImage, 'read' | 'unpack'>): FoundImage => {
  const isOfImage = (error: unknown) => error instanceof NucleateError && error.exitCode === exitCodes.data;
  return {
    ...byLibvips,
    read: () =>
      byLibvips.read().catch((error: unknown) => {
        if (isOfImage(error)) return other.read();
        throw error;
      }),
    unpack: (target) =>
      byLibvips.unpack(target).catch((error: unknown) => {
        if (isOfImage(error)) return other.unpack(target);
        throw error;
      }),
  };
};

const withPixelSize = (image: FoundImage, pixelSize: PixelSize | undefined): FoundImage =>
  pixelSize
    ? {
        ...image,
        read: async () => ({ ...(await image.read()), pixelSize }),
        unpack: async (target) => ({ ...(await image.unpack(target)), pixelSize }),
      }
    : image;

/** What libvips reads: bytes, or the path of a file; and one page of it. */
interface LibvipsPage {
  readonly input: Buffer | string;
  readonly header: ImageHeader;
  readonly page: number;
  readonly place: string;
}

function imageOfLibvips(source: LibvipsPage, { suffix, colours }: ChosenImage): FoundImage {
  const { input, header, page, place } = source;
  const { width, height } = header;
  return {
    ...{ width, height, suffix },
    async read() {
      const image = await decode(input, header, checkHeader(header, place), place, page);
      return { ...image, ...pickColours(image, colours) };
    },
    async unpack(target) {
      const layout = checkHeader(header, place, maxStoredPixels);
      await sharp(input, { limitInputPixels: maxStoredPixels, ignoreIcc: true, sequentialRead: true, page })
        .toColourspace(decodedSpace(layout))
        .toFile(target)
        .catch((cause: Error) => {
          if (/write|space/iu.test(cause.message)) throw noRoom(place, cause);
          throw damaged(place, cause);
        });
      return { width, height, ...layout, headerBytes: 64, ...(colours && { colours }) };
    },
  };
}

/**
 * Encodes a PNG with as many bits as `data` has, 8 or 16.
 *
 * @param effort `most`: the smallest file. `little`: an eighth of the time, for a file that is an eighth larger (measured on
 *   overlays of the sample).
 * @throws {RangeError} If `data` does not have `width * height * channels` values.
 */
export async function encodePng(
  { width, height, channels, data }: Image,
  effort: 'most' | 'little' = 'most',
): Promise<Buffer> {
  if (data.length !== width * height * channels) {
    throw new RangeError(`Expected ${width} x ${height} x ${channels} values, received ${data.length}`);
  }
  const space = spaceOf(channels, data instanceof Uint16Array ? 'ushort' : 'uchar');
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(space)
    .png(effort === 'most' ? { compressionLevel: 9, adaptiveFiltering: true } : { compressionLevel: 6 })
    .toBuffer();
}

/**
 * Writes a PNG, see {@link encodePng}. An existing file is replaced.
 *
 * @throws {NucleateError} Exit code 8 if the file cannot be written.
 * @throws {RangeError} As {@link encodePng}.
 */
export async function writeImage(path: string, image: Image): Promise<void> {
  await writePng(path, await encodePng(image));
}

/** Writes a PNG that is marked as a drawing, see `drawing-mark.ts`; else as {@link writeImage}. */
export async function writeDrawing(path: string, image: Image): Promise<void> {
  await writePng(path, markDrawing(await encodePng(image)));
}

async function writePng(path: string, png: Buffer): Promise<void> {
  await writeFile(path, png).catch((cause: Error) => {
    const what = `The image cannot be written: ${cause.message}.`;
    const hint = 'Check that the folder exists, is writable and has space left.';
    throw new NucleateError({ what, where: path, hint, exitCode: exitCodes.io }, { cause });
  });
}

const spaceOf = (channels: number, depth: PixelLayout['depth']) =>
  depth === 'ushort' ? (channels === 1 ? 'grey16' : 'rgb16') : channels === 1 ? 'b-w' : 'srgb';

export const placeOf = (source: string | Buffer | Image) =>
  typeof source === 'string' ? source : 'image in memory';

/** One page of a TIFF, whose others do not count, and how its values are shown. */
export interface TiffPage {
  readonly page: number;
  readonly shown: number | undefined;
}

/** @param of Absent where other pages count. */
export async function headerOf(input: Buffer | string, place: string, of?: TiffPage): Promise<ImageHeader> {
  try {
    if (typeof input === 'string') return { ...(await readHeader(input, of!)), pages: 1 };
    const header = await readHeader(input, of ?? { page: 0, shown: tiffPhotometric(input) });
    return { ...header, isAnimated: isAnimatedPng(input), ...(of && { pages: 1 }) };
  } catch (cause) {
    const other = typeof input === 'string' ? undefined : otherFormat(input.subarray(0, beginBytes), place);
    throw other ? otherFormatError(other, place) : notUnderstood(place, cause);
  }
}

const otherFormatError = ({ name, hint }: OtherFormat, place: string) =>
  imageError(place, `The file is ${name}, which is not read.`, hint);

const notUnderstood = (place: string, cause?: unknown) =>
  imageError(
    place,
    'The file is not a PNG, TIFF or JPEG image, or is damaged.',
    'Export the image as PNG or TIFF.',
    cause,
  );

async function readHeader(input: Buffer | string, { page, shown }: TiffPage): Promise<ImageHeader> {
  // No limits here, so that a larger image gives our own error.
  const metadata = await sharp(input, {
    limitInputPixels: false,
    limitInputChannels: false,
    page,
  }).metadata();
  return {
    ...metadata,
    pages: metadata.pages ?? 1,
    isAnimated: false,
    orientation: metadata.orientation ?? 1,
    bitsPerSample: metadata.bitsPerSample,
    isPalette: metadata.isPalette || shown === photometric.palette,
    isWhiteIsZero: shown === photometric.whiteIsZero,
  };
}

export async function decode(
  bytes: Buffer | string,
  header: ImageHeader,
  layout: PixelLayout,
  place: string,
  page = 0,
): Promise<Image> {
  const { width, height } = header;
  const { channels, depth, hasAlpha } = layout;
  const raw = await decodeRaw(bytes, decodedSpace(layout), depth, place, page);
  // A copy: a Buffer may start at an odd address, where no Uint16Array can.
  const memory = new Uint8Array(raw).buffer;
  const decoded = depth === 'ushort' ? new Uint16Array(memory) : new Uint8Array(memory);
  return { width, height, channels, data: hasAlpha ? withoutAlpha(decoded, channels, place) : decoded };
}

/** sharp always drops the alpha of 8-bit grey, so grey with alpha is decoded as RGB with alpha. */
const decodedSpace = ({ channels, depth, hasAlpha }: PixelLayout) => spaceOf(hasAlpha ? 3 : channels, depth);

/** The pixels as bytes. Colour space and depth have the names of libvips. */
function decodeRaw(
  bytes: Buffer | string,
  space: string,
  depth: PixelLayout['depth'],
  place: string,
  page = 0,
): Promise<Buffer> {
  return sharp(bytes, { limitInputPixels: maxPixels, ignoreIcc: true, page })
    .toColourspace(space)
    .raw({ depth })
    .toBuffer()
    .catch((cause: unknown) => {
      throw damaged(place, cause);
    });
}

const damaged = (place: string, cause: unknown) => {
  const what = 'The image is damaged: its header can be read, but its pixels cannot.';
  return imageError(place, what, 'Copy or export the image again.', cause);
};
