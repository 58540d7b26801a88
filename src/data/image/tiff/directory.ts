/** The directories of a TIFF file: what each image in it is, before a pixel is read. */
import type { GeoTIFF, GeoTIFFImage } from 'geotiff';
import { cutOff, TiffProblem } from './tiff-problem.js';

/** How the values of a directory are stored. */
export type SampleKind = 'uint' | 'int' | 'float';

export interface TiffDirectory {
  /** Reads its pixels. */
  readonly image: GeoTIFFImage;
  /** Its place among the main directories, from 0. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
  readonly kind: SampleKind;
  /** TIFF's numbers, see `photometric` and `compressionName`. */
  readonly photometric: number;
  readonly compression: number;
  readonly isPlanar: boolean;
  /** Whether its pixels are in tiles rather than in strips. */
  readonly isTiled: boolean;
  /** Whether it is a smaller version of another directory, by its own word. */
  readonly isReduced: boolean;
  /** Whether it is a transparency mask of another directory, by its own word. */
  readonly isMask: boolean;
  /** What the extra samples are: 0 = not told, 1 and 2 = alpha. */
  readonly extraSamples: readonly number[];
  readonly description: string;
  readonly software: string;
  /** Orientation, 1 = as stored. */
  readonly orientation: number;
  /** um for a pixel along x and y; undefined where the file does not tell. */
  readonly resolution: { readonly x: number; readonly y: number } | undefined;
  /** Offsets of directories that hang below it. */
  readonly subDirectories: readonly number[];
  /** Byte at which its pixels begin, if they lie in one piece without compression. */
  readonly contiguous: { readonly offset: number; readonly bytes: number } | undefined;
  /** Where its strips or tiles are. */
  readonly pieces: readonly { readonly offset: number; readonly length: number }[];
  /** Planes of a MetaMorph stack; 1 elsewhere. */
  readonly stackPlanes: number;
  /** What a confocal microscope of Zeiss tells (LSM); undefined elsewhere. */
  readonly lsm: Uint8Array | undefined;
}

const kinds = new Map<number, SampleKind>([
  [1, 'uint'],
  [2, 'int'],
  [3, 'float'],
  [4, 'uint'],
]);

/** More directories than any microscope writes; a file that claims more is a trap. */
const mostDirectories = 200_000;

/**
 * All main directories of a file, in their order.
 *
 * @throws {TiffProblem} If one is damaged, or its pixels lie beyond the end of the file.
 */
export async function readDirectories(tiff: GeoTIFF, fileBytes: number): Promise<TiffDirectory[]> {
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  for (let index = 0; index < mostDirectories; index++) {
    let next: number;
    try {
      const image = await tiff.getImage(index);
      next = image.fileDirectory.nextIFDByteOffset;
      directories.push(await readDirectory(image, index, fileBytes));
    } catch (error) {
      const { message } = error as Error;
      if (index > 0 && /No image at index/u.test(message)) return directories;
      if (/outside the bounds/u.test(message)) throw cutOff(`its directory ${index + 1} lies behind its end`);
      throw error;
    }
    if (next === 0) return directories;
    if (seen.has(next)) throw new TiffProblem('its directories go round in a circle');
    seen.add(next);
  }
  throw new TiffProblem(`it has more than ${mostDirectories} directories`);
}

async function readDirectory(image: GeoTIFFImage, index: number, fileBytes: number): Promise<TiffDirectory> {
  const file = image.fileDirectory;
  const value = async <T>(tag: string | number, otherwise: T): Promise<T> =>
    file.hasTag(tag as never) ? ((await file.loadValue(tag as never)) ?? otherwise) : otherwise;
  const list = async (tag: string | number): Promise<number[]> =>
    Array.from(await value<ArrayLike<number>>(tag, []), Number);
  const one = async (tag: string | number, otherwise: number) => {
    const found = await value<number | ArrayLike<number>>(tag, otherwise);
    return Number(typeof found === 'object' ? (found[0] ?? otherwise) : found);
  };
  const text = async (tag: string) => String(await value<unknown>(tag, '')).replace(/\0+$/u, '');
  const bits = await list('BitsPerSample').then((found) => (found.length > 0 ? found : [1]));
  const formats = await list('SampleFormat').then((found) => (found.length > 0 ? found : [1]));
  if (new Set(bits).size > 1 || new Set(formats).size > 1)
    throw new TiffProblem('its samples are of different types');
  const kind = kinds.get(formats[0]!);
  if (!kind) throw new TiffProblem(`its samples are of the type ${formats[0]}, complex numbers or unknown`);
  if (kind !== 'float' && bits[0]! > 32 && bits[0] !== 64)
    throw new TiffProblem(`its values are whole numbers of ${bits[0]} bits, and 8, 16, 32 and 64 are read`);
  const compression = await one('Compression', 1);
  const tiled = file.hasTag('TileOffsets');
  const offsets = await list(tiled ? 'TileOffsets' : 'StripOffsets');
  const counts = await list(tiled ? 'TileByteCounts' : 'StripByteCounts');
  if (offsets.some((at, i) => at + (counts[i] ?? 0) > fileBytes))
    throw cutOff('it ends before its pixels do');
  const inOnePiece =
    !tiled &&
    compression === 1 &&
    offsets.every((at, i) => i === 0 || at === offsets[i - 1]! + counts[i - 1]!);
  return {
    ...{ image, index, kind, compression },
    width: image.getWidth(),
    height: image.getHeight(),
    samples: image.getSamplesPerPixel(),
    bits: bits[0]!,
    photometric: await one('PhotometricInterpretation', 1),
    isPlanar: (await one('PlanarConfiguration', 1)) === 2,
    isTiled: tiled,
    isReduced: ((await one('NewSubfileType', 0)) & 1) === 1 || (await one('SubfileType', 0)) === 2,
    isMask: ((await one('NewSubfileType', 0)) & 4) === 4,
    extraSamples: await list('ExtraSamples'),
    description: await text('ImageDescription'),
    software: await text('Software'),
    orientation: await one('Orientation', 1),
    resolution: await readResolution(list, one),
    subDirectories: await list('SubIFDs'),
    contiguous:
      inOnePiece && offsets.length > 0
        ? { offset: offsets[0]!, bytes: counts.reduce((sum, count) => sum + count, 0) }
        : undefined,
    pieces: offsets.map((offset, i) => ({ offset, length: counts[i] ?? 0 })),
    stackPlanes: file.hasTag(uic2Tag) ? await stackPlanesOf(file) : 1,
    lsm: file.hasTag(lsmTag) ? Uint8Array.from(await list(lsmTag)) : undefined,
  };
}

/** CZ_LSMINFO. */
const lsmTag = 34412;

/** MetaMorph's UIC2Tag; its count is the number of planes. */
const uic2Tag = 33629;

/** The tag says that it has a fraction a plane, that is two numbers; six follow in truth. */
async function stackPlanesOf(file: TiffDirectory['image']['fileDirectory']): Promise<number> {
  const values = (await file.loadValue(uic2Tag)) as ArrayLike<number> | undefined;
  return Math.max(1, Math.floor((values?.length ?? 2) / 2));
}

async function readResolution(
  list: (tag: string) => Promise<number[]>,
  one: (tag: string, otherwise: number) => Promise<number>,
): Promise<TiffDirectory['resolution']> {
  // Units of TIFF: 2 = inch, 3 = cm. 1 has no unit, and most writers leave 72 an inch there.
  const unit = new Map([
    [2, 25_400],
    [3, 10_000],
  ]).get(await one('ResolutionUnit', 2));
  const per = async (tag: string) => {
    const [count = 0, divisor = 1] = await list(tag);
    return count / divisor;
  };
  const [x, y] = [await per('XResolution'), await per('YResolution')];
  if (unit === undefined || !(x > 0 && y > 0)) return undefined;
  return { x: unit / x, y: unit / y };
}

/** Names of TIFF's compressions, for errors. */
const compressionNames = new Map<number, string>([
  [1, 'none'],
  [2, 'CCITT'],
  [3, 'CCITT group 3'],
  [4, 'CCITT group 4'],
  [5, 'LZW'],
  [6, 'old-style JPEG'],
  [7, 'JPEG'],
  [8, 'Deflate'],
  [9, 'JBIG'],
  [32_773, 'PackBits'],
  [32_946, 'Deflate'],
  [33_003, 'JPEG 2000 (Aperio)'],
  [33_005, 'JPEG 2000 (Aperio)'],
  [34_712, 'JPEG 2000'],
  [34_887, 'LERC'],
  [34_892, 'lossy JPEG'],
  [34_925, 'LZMA'],
  [34_933, 'PNG'],
  [34_934, 'JPEG XR'],
  [22_610, 'JPEG XR'],
  [50_000, 'zstd'],
  [50_001, 'WebP'],
  [50_002, 'JPEG XL'],
  [52_546, 'JPEG XL'],
]);

export const compressionName = (compression: number): string =>
  compressionNames.get(compression) ?? `number ${compression}`;

/** Compressions that {@link readDirectories}' images decode. JPEG is left to libvips, which knows its colours. */
export const decodable = new Set([1, 5, 8, 32_773, 32_946, 34_887, 50_000]);
