/** Planes by the OME-XML of a file. */
import { XMLParser } from 'fast-xml-parser';
import type { PixelSize } from '../image.js';
import { type TiffDirectory } from './directory.js';
import { plausible } from './pixel-size.js';
import { isColour, type PlaneAxes, samplesAsChannels } from './plane-axes.js';
import { TiffProblem } from './tiff-problem.js';

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name) => ['Image', 'Channel', 'TiffData'].includes(name),
});

interface OmeImage {
  readonly Name?: string;
  readonly Pixels?: OmePixels;
}

interface OmePixels {
  readonly SizeX?: string;
  readonly SizeY?: string;
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

function omeImages(description: string): readonly OmeImage[] {
  try {
    const document = xml.parse(description) as { OME?: { Image?: readonly OmeImage[] } };
    return mainImages(document.OME?.Image ?? []);
  } catch {
    return [];
  }
}

/** What scanners store beside a slide, as Bio-Formats names it. */
const besideSlide = /^(?:label|macro|overview|thumbnail|preview)(?: image)?$/iu;

/** The images of a slide but for its label and what else the scanner saw of it; all, if there are no others. */
function mainImages(images: readonly OmeImage[]): readonly OmeImage[] {
  const main = images.filter(({ Name = '' }) => !besideSlide.test(Name.trim()));
  return main.length > 0 ? main : images;
}

/** How many images an error names. */
const mostNamed = 10;

/** `"A1" (512 x 512), "A2" (512 x 512)`. */
function namesOf(images: readonly OmeImage[]): string {
  const named = images.slice(0, mostNamed).map(({ Name, Pixels }, index) => {
    const size = Pixels?.SizeX && Pixels.SizeY ? ` (${Pixels.SizeX} x ${Pixels.SizeY})` : '';
    return `${Name === undefined ? `number ${index + 1}` : JSON.stringify(Name)}${size}`;
  });
  return [...named, ...(images.length > mostNamed ? ['...'] : [])].join(', ');
}

export function omeAxes(whole: TiffDirectory, directories: readonly TiffDirectory[]): PlaneAxes | undefined {
  const images = omeImages(whole.description);
  const pixels = images[0]?.Pixels;
  // Without a description that can be read, a single page is still an image.
  if (!pixels && directories.length === 1) return undefined;
  if (!pixels) throw new TiffProblem('its OME-XML is damaged, or describes no pixels');
  if (images.length > 1)
    throw new TiffProblem(
      `it holds ${images.length} images (positions, series): ${namesOf(images)}`,
      'Save each as a file of its own, for example with Fiji (Plugins > Bio-Formats > Bio-Formats Importer, then File > Save As).',
    );
  const first = directories[firstDirectory(pixels)] ?? whole;
  const size = (text: string | undefined) => Math.max(1, Number(text ?? 1) || 1);
  const channels = pixels.Channel ?? [];
  // A channel for each sample is no colour, whatever TIFF says.
  const areChannels =
    channels.length > 1 &&
    channels.length === first.samples &&
    channels.every(({ SamplesPerPixel }) => Number(SamplesPerPixel ?? 1) === 1);
  const inPixels = samplesAsChannels(first, areChannels);
  const colour = isColour(first) && !areChannels;
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
    throw new TiffProblem(
      `its OME-XML lists ${total} planes, and not all of them are in this file`,
      'Copy the file again; if it is one of a set of files, open the set in Fiji (Plugins > Bio-Formats) and save it as one TIFF.',
    );
  const channelCount = inPixels > 1 ? c * inPixels : c;
  return {
    base: first,
    isColour: colour,
    ...(colour && { colourSamples: first.samples }),
    channelNames: channels.length === channelCount ? channels.map(({ Name }) => Name ?? '') : [],
    pixelSize: omePixelSize(pixels),
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

/** That of its first plane: the slide may lie behind its label. */
const firstDirectory = ({ TiffData: elements = [] }: OmePixels): number => Number(elements[0]?.['IFD'] ?? 0);

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
