/** One image of the planes that were chosen, in memory or, band by band, as bytes for a file. */
import type { ChosenImage } from '../choose-planes.js';
import { photometric } from '../png-tiff-headers.js';
import type { Size } from '../../geometry/rect.js';
import type { Channels, Image, MissingValues, ValueScale } from '../image.js';
import type { StoredValues } from '../label-values.js';
import type { TiffDirectory } from './directory.js';
import { conversionOf, type ImageValues, needsSamples, sampleOf, toImageValues } from './image-values.js';
import type { TiffFile } from './tiff-file.js';
import { type PlaneValues, readPlane, type Region } from './read-plane.js';

/** px. */
const sizeOfTiff = ({ axes: { base } }: Pick<TiffFile, 'axes'>): Size => ({
  width: base.width,
  height: base.height,
});

/**
 * Whether libvips reads the image right and in full: one directory of 8- or 16-bit values without a sign, in a
 * compression that it knows. It is several times as quick, and knows the colours of JPEG.
 *
 * @returns The directory's index; undefined if not.
 */
export function libvipsPage({ directories, axes }: TiffFile, { channels }: ChosenImage): number | undefined {
  const [planes] = channels;
  if (channels.length > 1 || planes!.length > 1) return undefined;
  const { directory: index, sample, behind } = axes.placeOf(planes![0]!);
  const directory = directories[index]!;
  if (sample !== undefined || behind > 0) return undefined;
  const { kind, bits, compression, photometric: meaning, isPlanar, isTiled } = directory;
  const isKnown = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_001].includes(compression);
  const isInverted = meaning === photometric.whiteIsZero && bits >= 8;
  const isSeparate = isPlanar && isTiled;
  // It takes CIELAB for damage, and YCbCr for RGB unless it is JPEG.
  const isOther = meaning === photometric.lab || (meaning === photometric.yCbCr && compression !== jpeg);
  return isKnown && kind === 'uint' && libvipsBits.has(bits) && !isInverted && !isSeparate && !isOther
    ? index
    : undefined;
}

/** TIFF's number of a compression. */
const jpeg = 7;

/** Of a sample; cameras also pack 10, 12 and 14 bits. */
const libvipsBits: ReadonlySet<number> = new Set([1, 2, 4, 8, 16]);

/** The whole image. @throws {Error} Why it cannot be read, as the end of a sentence. */
export async function readTiffImage(file: TiffFile, chosen: ChosenImage): Promise<Image> {
  const { width, height, channels, values } = await readTiffValues(file, chosen);
  const { values: data, scale, missing } = toImageValues(values);
  return { width, height, channels, data, ...(scale && { scale }), ...(missing && { missing }) };
}

/** The whole image, with the values of the file. @throws {Error} As {@link readTiffImage}. */
export async function readTiffValues(file: TiffFile, chosen: ChosenImage): Promise<StoredValues> {
  const { width, height } = sizeOfTiff(file);
  const band = await readBand(file, chosen, { x1: 0, y1: 0, x2: width, y2: height });
  return { width, height, ...band };
}

/** How a file's values become those of the bands of {@link tiffBands}. */
export interface BandedImage extends Size {
  readonly channels: Channels;
  readonly depth: 'uchar' | 'ushort';
  /** As that of an image in memory. */
  readonly scale?: ValueScale;
  readonly missing?: MissingValues;
  /** Bands from the top down, each of whole rows. */
  readonly bands: () => AsyncGenerator<ImageValues['values']>;
}

/** px of a band: a few megabytes. */
const bandPixels = 4e6;

/** The same image band by band, for what does not fit into memory; values that are not of 8 or 16 bits are read twice. */
export async function tiffBands(file: TiffFile, chosen: ChosenImage): Promise<BandedImage> {
  const { width, height } = sizeOfTiff(file);
  const rows = bandRows(file.axes.base);
  const regions = Array.from({ length: Math.ceil(height / rows) }, (_, band) => ({
    ...{ x1: 0, y1: band * rows, x2: width },
    y2: Math.min(height, (band + 1) * rows),
  }));
  const top = await readBand(file, chosen, regions[0]!);
  const samples = [];
  if (needsSamples(top.values)) {
    for (const [index, region] of regions.entries()) {
      const { values } = index === 0 ? top : await readBand(file, chosen, region);
      samples.push(sampleOf(values, regions.length));
    }
  }
  const { depth, scale, missing, convert } = conversionOf(top.values, samples);
  const { channels } = top;
  return {
    ...{ width, height, channels, depth },
    ...(scale && { scale }),
    ...(missing && { missing }),
    bands: async function* () {
      for (const [index, region] of regions.entries()) {
        const { values } = index === 0 ? top : await readBand(file, chosen, region);
        yield convert(values);
      }
    },
  };
}

/** Whole strips or tiles at a time, so that none is decoded twice. */
function bandRows({ image, width }: TiffDirectory): number {
  const block = Math.max(1, image.getTileHeight());
  return block * Math.max(1, Math.floor(bandPixels / (width * block)));
}

async function readBand(
  file: TiffFile,
  { channels, projection }: ChosenImage,
  region: Region,
): Promise<{ channels: Channels; values: PlaneValues }> {
  const projected: PlaneValues[] = [];
  let samples = 1;
  for (const planes of channels) {
    let result: PlaneValues | undefined;
    for (const at of planes) {
      const plane = await readPlane(file, file.axes.placeOf(at), region);
      samples = plane.samples;
      result = result ? project(result, plane.values, projection) : plane.values;
    }
    projected.push(projection === 'mean' ? divided(result!, planes.length) : result!);
  }
  const [only] = projected;
  if (projected.length === 1) return { channels: samples === 3 ? 3 : 1, values: only! };
  return { channels: 3, values: interleaved(projected) };
}

/** Puts the brighter value, or the sum, into the first; a sum of whole numbers becomes float64 first. */
function project(one: PlaneValues, other: PlaneValues, projection: 'max' | 'mean'): PlaneValues {
  if (projection === 'mean') {
    const sum = one instanceof Float64Array ? one : Float64Array.from(one);
    for (let i = 0; i < sum.length; i++) sum[i]! += other[i]!;
    return sum;
  }
  for (let i = 0; i < one.length; i++) if (other[i]! > one[i]! || Number.isNaN(one[i])) one[i] = other[i]!;
  return one;
}

const divided = (sum: PlaneValues, count: number): PlaneValues =>
  count === 1 ? sum : Float32Array.from(sum, (value) => value / count);

/** Two or three channels as red, green and blue; the third of two is black. */
function interleaved(channels: readonly PlaneValues[]): PlaneValues {
  const [first] = channels as [PlaneValues, ...PlaneValues[]];
  const all = new (first.constructor as new (length: number) => PlaneValues)(3 * first.length);
  channels.forEach((values, channel) => {
    for (let i = 0; i < values.length; i++) all[3 * i + channel] = values[i]!;
  });
  return all;
}
