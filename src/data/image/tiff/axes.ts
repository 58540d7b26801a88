/** What the planes of a TIFF file are: channels, depths, times, by the word of whoever wrote the file. */
import { XMLParser } from 'fast-xml-parser';
import type { HeldPlanes, PlaneIndex } from '../choose-planes.js';
import type { PixelSize } from '../image.js';
import { photometric } from '../png-tiff-headers.js';
import { type TiffDirectory } from './directory.js';
import { TiffProblem } from './tiff-problem.js';

/** Where one plane lies. */
export interface PlanePlace {
  /** Index of the main directory. */
  readonly directory: number;
  /** Sample of its pixels; undefined for all samples together, as in a colour image. */
  readonly sample: number | undefined;
  /** Planes that lie before it behind the one directory, in one piece; 0 for those with a directory of their own. */
  readonly behind: number;
}

/** The axes along which a file holds planes. */
export interface PlaneAxes extends HeldPlanes {
  /** Who says so, for messages. */
  readonly writer: 'OME-TIFF' | 'ImageJ' | 'tifffile' | 'MetaMorph' | 'TIFF';
  /** A directory of full size; all planes have its size and type. */
  readonly base: TiffDirectory;
  /** Undefined where the file does not tell. */
  readonly pixelSize: PixelSize | undefined;
  placeOf(at: PlaneIndex): PlanePlace;
}

/**
 * Reads the axes of a file.
 *
 * @param directories Main directories; smaller versions, labels and thumbnails among them are left out of the axes.
 * @throws {Error} Why the planes cannot be told apart.
 */
export function planeAxes(directories: readonly TiffDirectory[]): PlaneAxes {
  const [first] = directories;
  if (!first) throw new TiffProblem('it has no image');
  const isOme = /<OME[\s>]/u.test(first.description.slice(0, 4000));
  if (isOme) return omeAxes(first, directories) ?? plainAxes(directories);
  if (first.description.startsWith('ImageJ=')) return imageJAxes(first, directories);
  if (first.stackPlanes > 1) return stackAxes(first);
  const shaped = shapedAxes(first, directories);
  if (shaped) return shaped;
  return plainAxes(directories);
}

/** Of a file that says nothing of its planes: pages of full size. */
function plainAxes(directories: readonly TiffDirectory[]): PlaneAxes {
  const full = fullSizePages(directories);
  return { ...commonOf(full[0]!), writer: 'TIFF', ...pagesOf(full[0]!, full) };
}

/** Whether the samples of a directory are one colour together. */
const isColour = ({ photometric: meaning, samples }: TiffDirectory) =>
  [photometric.rgb, photometric.cmyk, photometric.yCbCr, photometric.lab].includes(meaning) && samples >= 3;

/** Samples that are channels: all of a grey image but alpha; 1 for colours. */
function samplesAsChannels(directory: TiffDirectory): number {
  if (isColour(directory)) return 1;
  const alpha = directory.extraSamples.filter((kind) => kind === 1 || kind === 2).length;
  return directory.samples === 2 && alpha === 1 ? 1 : directory.samples;
}

const commonOf = (first: TiffDirectory) => ({
  base: first,
  isColour: isColour(first),
  channelNames: [] as readonly string[],
  pixelSize: plausible(aperioPixelSize(first.description) ?? first.resolution),
});

/** um: larger pixels show no nuclei. Programs that know no resolution write 72 to 1200 an inch, 353 to 21 um a pixel. */
const largestPixel = 5;

const plausible = (size: PixelSize | undefined) =>
  size && size.x > 0 && size.y > 0 && size.x < largestPixel && size.y < largestPixel ? size : undefined;

/** Slide scanners of Aperio write it into the description: `|MPP = 0.2520|`. */
function aperioPixelSize(description: string): PixelSize | undefined {
  const um = Number(/^Aperio[^]*\|\s*MPP\s*=\s*([\d.]+)/u.exec(description)?.[1]);
  return um > 0 ? { x: um, y: um } : undefined;
}

/** The pages of full size, where others are smaller versions or masks of them. */
function fullSizePages(directories: readonly TiffDirectory[]): TiffDirectory[] {
  const [first] = directories as [TiffDirectory, ...TiffDirectory[]];
  if (/^Aperio/u.test(first.description)) return [first];
  const candidates = directories.filter((one) => !one.isReduced && !one.isMask);
  const pages = candidates.length > 0 ? candidates : directories;
  const base = pages.reduce((best, one) => (one.width * one.height > best.width * best.height ? one : best));
  const isLikeBase = (one: TiffDirectory) =>
    one.width === base.width &&
    one.height === base.height &&
    one.samples === base.samples &&
    one.bits === base.bits &&
    one.kind === base.kind;
  const others = pages.filter((one) => !isLikeBase(one));
  if (others.every((one) => isSmallerVersion(one, base))) return pages.filter(isLikeBase);
  const sizes = [...new Set(pages.map(({ width, height }) => `${width} x ${height}`))];
  throw new TiffProblem(`its ${pages.length} pages differ in size or type: ${sizes.slice(0, 5).join(', ')}`);
}

/** Levels of a pyramid are smaller by one factor along both axes, a power of two but for rounding. */
function isSmallerVersion(one: TiffDirectory, first: TiffDirectory): boolean {
  const across = first.width / one.width;
  const down = first.height / one.height;
  if (!(across >= 1.5 && down >= 1.5)) return false;
  const power = 2 ** Math.round(Math.log2(Math.sqrt(across * down)));
  const near = (size: number, whole: number) => Math.abs(size - whole / power) <= 2;
  return near(one.width, first.width) && near(one.height, first.height);
}

function pagesOf(first: TiffDirectory, full: readonly TiffDirectory[]): Pick<PlaneAxes, 'sizes' | 'placeOf'> {
  const c = samplesAsChannels(first);
  return {
    sizes: { c, z: 1, t: 1, page: full.length },
    placeOf: (at) => ({ directory: full[at.page]!.index, sample: c > 1 ? at.c : undefined, behind: 0 }),
  };
}

function stackAxes(first: TiffDirectory): PlaneAxes {
  return {
    ...commonOf(first),
    writer: 'MetaMorph',
    sizes: { c: 1, z: 1, t: 1, page: first.stackPlanes },
    placeOf: ({ page }) => ({ directory: 0, sample: undefined, behind: page }),
  };
}

function imageJAxes(first: TiffDirectory, directories: readonly TiffDirectory[]): PlaneAxes {
  const facts = new Map(
    first.description.split('\n').flatMap((line) => {
      const [key, value] = line.split('=');
      return value === undefined ? [] : [[key!.trim(), value.trim()] as const];
    }),
  );
  const count = (key: string) => Math.max(1, Number(facts.get(key) ?? 1) || 1);
  const images = count('images');
  const inPixels = samplesAsChannels(first);
  let sizes = { c: count('channels'), z: count('slices'), t: count('frames') };
  if (inPixels > 1) sizes = { ...sizes, c: inPixels };
  const planes = (inPixels > 1 ? 1 : sizes.c) * sizes.z * sizes.t;
  const page = planes === images ? 1 : images;
  if (page > 1) sizes = { c: inPixels, z: 1, t: 1 };
  const total = page * planesOf(sizes, inPixels);
  const behindOne = directories.length < total;
  if (behindOne && directories.length > 1)
    throw new TiffProblem(`it tells of ${total} planes and has ${directories.length} directories`);
  const unit = facts.get('unit')?.replace('\\u00B5', 'u').replace('µ', 'u');
  const factor = new Map([
    ['um', 1],
    ['micron', 1],
    ['microns', 1],
    ['nm', 0.001],
    ['mm', 1000],
    ['cm', 10_000],
    ['inch', 25_400],
  ]).get(unit ?? '');
  const pixelSize = factor === undefined ? undefined : imageJPixelSize(first, factor);
  return {
    ...commonOf(first),
    pixelSize,
    writer: 'ImageJ',
    sizes: { ...sizes, page },
    placeOf: (at) => {
      const c = inPixels > 1 ? 0 : at.c;
      const plane = at.page + c + (inPixels > 1 ? 1 : sizes.c) * (at.z + sizes.z * at.t);
      return {
        directory: behindOne ? 0 : plane,
        sample: inPixels > 1 ? at.c : undefined,
        behind: behindOne ? plane : 0,
      };
    },
  };
}

const planesOf = ({ c, z, t }: { c: number; z: number; t: number }, inPixels: number) =>
  (inPixels > 1 ? 1 : c) * z * t;

/** ImageJ writes pixels for each of its unit as the resolution, without a unit of TIFF. */
function imageJPixelSize({ image }: TiffDirectory, um: number): PixelSize | undefined {
  const per = (tag: string) => {
    const file = image.fileDirectory;
    if (!file.hasTag(tag as never)) return NaN;
    const [count = NaN, divisor = 1] = file.getValue(tag as never) as unknown as number[];
    return Number(count) / Number(divisor);
  };
  const [x, y] = [um / per('XResolution'), um / per('YResolution')];
  return plausible({ x, y });
}

/** What tifffile writes into the description of its own files. */
function shapedAxes(first: TiffDirectory, directories: readonly TiffDirectory[]): PlaneAxes | undefined {
  const facts = parseShape(first.description);
  if (!facts) return undefined;
  const { shape } = facts;
  // The last axes are those of a page: height and width, with samples behind or before them.
  const own = first.samples > 1 ? 3 : 2;
  const leading = shape.slice(0, Math.max(0, shape.length - own)).filter((size) => size > 1);
  const total = leading.reduce((product, size) => product * size, 1);
  const here = directories.filter(
    (one) => !one.isReduced && one.width === first.width && one.height === first.height,
  );
  const behindOne = here.length < total;
  // The description is that of the first series alone.
  const others = directories.filter((one) => !here.includes(one) && !one.isReduced && !one.isMask);
  const isAlone = here.length <= total && others.every((one) => isSmallerVersion(one, first));
  if (!isAlone && total === 1) return undefined;
  if (!isAlone || (behindOne && here.length > 1))
    throw new TiffProblem(`it tells of ${total} planes and has ${here.length + others.length} pages`);
  const inPixels = samplesAsChannels(first);
  const letters =
    facts.axes?.length === shape.length
      ? [...facts.axes].filter((_, i) => shape[i]! > 1 && i < shape.length - own)
      : [];
  const known =
    letters.length === leading.length &&
    letters.every((letter) => 'CZT'.includes(letter)) &&
    new Set(letters).size === letters.length;
  const sizes = { c: inPixels, z: 1, t: 1, page: 1 };
  if (known) letters.forEach((letter, i) => (sizes[letter.toLowerCase() as 'c' | 'z' | 't'] *= leading[i]!));
  else sizes.page = total;
  return {
    ...commonOf(first),
    writer: 'tifffile',
    sizes,
    placeOf: (at) => {
      let plane = at.page;
      if (known) {
        plane = 0;
        letters.forEach((letter, i) => {
          plane = plane * leading[i]! + at[letter.toLowerCase() as 'c' | 'z' | 't'];
        });
      }
      const sample = inPixels > 1 ? at.c : undefined;
      return behindOne
        ? { directory: 0, sample, behind: plane }
        : { directory: here[plane]!.index, sample, behind: 0 };
    },
  };
}

function parseShape(description: string): { shape: number[]; axes?: string } | undefined {
  if (/^shape=\(/u.test(description)) {
    const shape = [...description.slice(0, 200).matchAll(/\d+/gu)].map(([digits]) => Number(digits));
    return shape.length >= 2 ? { shape } : undefined;
  }
  if (!description.startsWith('{')) return undefined;
  try {
    const { shape, axes } = JSON.parse(description) as { shape?: unknown; axes?: unknown };
    if (
      !Array.isArray(shape) ||
      shape.length < 2 ||
      !shape.every((size) => Number.isInteger(size) && size >= 1)
    )
      return undefined;
    return { shape: shape as number[], ...(typeof axes === 'string' && { axes }) };
  } catch {
    return undefined;
  }
}

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name) => ['Image', 'Channel', 'TiffData'].includes(name),
});

interface OmePixels {
  readonly SizeC?: string;
  readonly SizeZ?: string;
  readonly SizeT?: string;
  readonly DimensionOrder?: string;
  readonly PhysicalSizeX?: string;
  readonly PhysicalSizeY?: string;
  readonly PhysicalSizeXUnit?: string;
  readonly PhysicalSizeYUnit?: string;
  readonly Channel?: readonly { readonly Name?: string; readonly SamplesPerPixel?: string }[];
  readonly TiffData?: readonly Record<string, unknown>[];
}

function omeImages(description: string): readonly { readonly Pixels?: OmePixels }[] {
  try {
    const document = xml.parse(description) as { OME?: { Image?: readonly { Pixels?: OmePixels }[] } };
    return document.OME?.Image ?? [];
  } catch {
    return [];
  }
}

function omeAxes(first: TiffDirectory, directories: readonly TiffDirectory[]): PlaneAxes | undefined {
  const images = omeImages(first.description);
  const pixels = images[0]?.Pixels;
  // Without a description that can be read, a single page is still an image.
  if (!pixels && directories.length === 1) return undefined;
  if (!pixels) throw new TiffProblem('its OME-XML is damaged, or describes no pixels');
  if (images.length > 1) throw new TiffProblem(`it holds ${images.length} images (OME-TIFF series)`);
  const size = (text: string | undefined) => Math.max(1, Number(text ?? 1) || 1);
  const channels = pixels.Channel ?? [];
  const inPixels = samplesAsChannels(first);
  const colour = isColour(first);
  const sizes = { c: size(pixels.SizeC), z: size(pixels.SizeZ), t: size(pixels.SizeT) };
  // A channel of three samples is one plane in colour.
  const perPlane = Math.max(
    1,
    ...channels.map(({ SamplesPerPixel }) => Number(SamplesPerPixel ?? 1)),
    colour ? first.samples : inPixels,
  );
  const c = Math.max(1, Math.round(sizes.c / perPlane));
  const order = (pixels.DimensionOrder ?? 'XYCZT').slice(2).toLowerCase();
  const counts: Record<string, number> = { c, z: sizes.z, t: sizes.t };
  const places = omePlaces(pixels.TiffData ?? [], order, counts);
  const total = c * sizes.z * sizes.t;
  const last = Math.max(...places.values());
  if (places.size < total || last >= directories.length)
    throw new TiffProblem(`its OME-XML lists ${total} planes, and not all of them are in this file`);
  const channelCount = inPixels > 1 ? c * inPixels : c;
  return {
    base: first,
    isColour: colour,
    channelNames: channels.length === channelCount ? channels.map(({ Name }) => Name ?? '') : [],
    pixelSize: omePixelSize(pixels),
    writer: 'OME-TIFF',
    sizes: { c: channelCount, z: sizes.z, t: sizes.t, page: 1 },
    placeOf: (at) => {
      const channel = inPixels > 1 ? Math.floor(at.c / inPixels) : at.c;
      return {
        directory: places.get(keyOf(channel, at.z, at.t))!,
        sample: inPixels > 1 ? at.c % inPixels : undefined,
        behind: 0,
      };
    },
  };
}

const omeUnits = new Map([
  ['µm', 1],
  ['μm', 1],
  ['um', 1],
  ['nm', 0.001],
  ['mm', 1000],
]);

/** A pixel whose height is not told is square. */
function omePixelSize({
  PhysicalSizeX: width,
  PhysicalSizeY: height = width,
  PhysicalSizeXUnit: unitX = 'µm',
  PhysicalSizeYUnit: unitY = unitX,
}: OmePixels): PixelSize | undefined {
  const um = (size: string | undefined, unit: string) => Number(size) * (omeUnits.get(unit) ?? NaN);
  return plausible({ x: um(width, unitX), y: um(height, unitY) });
}

const keyOf = (c: number, z: number, t: number) => `${c}/${z}/${t}`;

/** Which directory holds each plane, by the TiffData elements; without any they follow each other in the order told. */
function omePlaces(
  elements: readonly Record<string, unknown>[],
  order: string,
  counts: Record<string, number>,
): Map<string, number> {
  const places = new Map<string, number>();
  const next = (at: Record<string, number>): Record<string, number> => {
    const following = { ...at };
    for (const axis of order) {
      following[axis] = following[axis]! + 1;
      if (following[axis] < counts[axis]!) return following;
      following[axis] = 0;
    }
    return following;
  };
  const total = counts['c']! * counts['z']! * counts['t']!;
  const put = (from: Record<string, number>, directory: number, planes: number) => {
    let at = from;
    for (let plane = 0; plane < planes; plane++) {
      places.set(keyOf(at['c']!, at['z']!, at['t']!), directory + plane);
      at = next(at);
    }
  };
  if (elements.length === 0 || (elements.length === 1 && Object.keys(elements[0]!).length === 0))
    put({ c: 0, z: 0, t: 0 }, 0, total);
  for (const element of elements) {
    const number = (key: string) => (element[key] === undefined ? undefined : Number(element[key]));
    const uuid = element['UUID'] as { FileName?: string } | undefined;
    if (elements.length > 1 && uuid?.FileName && isOtherFile(elements, uuid.FileName)) continue;
    if (Object.keys(element).length === 0) continue;
    const directory = number('IFD') ?? 0;
    const planes = number('PlaneCount') ?? (number('IFD') === undefined ? total : 1);
    put(
      { c: number('FirstC') ?? 0, z: number('FirstZ') ?? 0, t: number('FirstT') ?? 0 },
      directory,
      Math.min(planes, total),
    );
  }
  return places;
}

/** Planes of a set of files: those of the file that the first element names are here. */
const isOtherFile = (elements: readonly Record<string, unknown>[], name: string) =>
  (elements[0]!['UUID'] as { FileName?: string } | undefined)?.FileName !== name;
