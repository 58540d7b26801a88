import path from 'node:path';
import { encodeLabelImage, encodePng } from '../../data/image/image-io.js';
import type { Image } from '../../data/image/image.js';
import { type Pixels, readRegion } from '../../data/image/stored-image.js';
import { subsampleLabels } from '../../draw/overlay.js';
import { drawNuclei, type OverlayStyle } from '../../draw/nuclei-overlay.js';
import type { Segmentation } from '../assemble/segmentation.js';
import { cocoDocument } from './coco.js';
import { geojsonDocument } from './geojson.js';
import { nucleiTable } from './nuclei-table.js';
import { roiSet } from './roi-set.js';
import { runLengthHeader, runLengthLines } from './run-length.js';
import { safeName } from './safe-name.js';
import { writeWhole } from './write-file.js';

/** The name of a format is that of its folder. */
export const outputFormats = [
  'labels',
  'table',
  'overlay',
  'outlines',
  'run-length',
  'coco',
  'coco-polygons',
  'geojson',
  'imagej',
] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** An image with the nuclei found in it. */
export interface Segmented {
  readonly image: Pixels;
  /** Of the image's size. */
  readonly segmentation: Segmentation;
  /** What COCO calls the image; the name that the outputs go by if absent. */
  readonly fileName?: string;
}

/** What a format's file ends with, and its pieces. */
interface Encoded {
  readonly extension: string;
  readonly pieces: Iterable<string | Uint8Array>;
}

/**
 * Writes one file a format, `<folder>/<format>/<name>.<extension>`; existing files are replaced, each whole or not at
 * all.
 *
 * @param name Of the image, without its ending; {@link safeName} makes a file name of it. Documents hold it as it is.
 * @returns The paths, in the order of the formats.
 * @throws {NucleateError} Exit code 8 if a file cannot be written; exit code 3 for an image that is too large for
 *   `imagej`.
 */
export async function writeOutputs(
  folder: string,
  name: string,
  segmented: Segmented,
  formats: readonly OutputFormat[],
): Promise<string[]> {
  const paths: string[] = [];
  for (const format of formats) {
    const { extension, pieces } = await encode(format, name, segmented);
    const file = path.join(folder, format, safeName(name) + extension);
    await writeWhole(file, pieces);
    paths.push(file);
  }
  return paths;
}

async function encode(format: OutputFormat, name: string, segmented: Segmented): Promise<Encoded> {
  const { image, segmentation, fileName = name } = segmented;
  switch (format) {
    case 'labels':
      return encodeLabelImage(segmentation.labelImage);
    case 'table':
      return { extension: '.csv', pieces: nucleiTable(image, segmentation) };
    case 'overlay':
      return { extension: '.png', pieces: [await overlay(image, segmentation, 'filled')] };
    case 'outlines':
      return { extension: '.png', pieces: [await overlay(image, segmentation, 'outlines')] };
    case 'run-length':
      return { extension: '.csv', pieces: withHeader(runLengthLines(name, segmentation)) };
    case 'coco':
    case 'coco-polygons': {
      const masks = format === 'coco' ? 'run-length' : 'polygons';
      return { extension: '.json', pieces: cocoDocument([{ id: 1, fileName, segmentation }], masks) };
    }
    case 'geojson':
      return { extension: '.geojson', pieces: geojsonDocument(name, image, segmentation) };
    case 'imagej':
      return { extension: '.zip', pieces: [await roiSet(segmentation, name)] };
  }
}

function* withHeader(lines: Iterable<string>): Generator<string> {
  yield runLengthHeader;
  yield* lines;
}

/** px: a larger image is drawn thinned, since nobody looks at more at once and viewers choke on it. */
const largestDrawing = 36e6;

/** px: smaller images are drawn enlarged, up to about this length of the longer side, but not more than fourfold. */
const smallestDrawing = 768;
const largestScale = 4;

function overlay(image: Pixels, { labelImage }: Segmentation, style: OverlayStyle): Promise<Buffer> {
  const { width, height } = image;
  const step = Math.ceil(Math.sqrt((width * height) / largestDrawing));
  const fitting = Math.floor(smallestDrawing / Math.max(width, height));
  const scale = Math.min(Math.max(1, fitting), largestScale);
  const drawing =
    step === 1
      ? drawNuclei(readRegion(image, { x1: 0, y1: 0, x2: width, y2: height }), labelImage, { style, scale })
      : drawNuclei(thinned(image, step), subsampleLabels(labelImage, step), { style, scale: 1 });
  return encodePng(drawing, 'little');
}

/** Every `step`-th pixel of every `step`-th row. */
function thinned(image: Pixels, step: number): Image {
  const { width, height, channels } = image;
  const thin = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const rows = Array.from({ length: thin.height }, (_, row) => {
    const { data } = readRegion(image, { x1: 0, y1: row * step, x2: width, y2: row * step + 1 });
    return data.filter((_, at) => Math.floor(at / channels) % step === 0);
  });
  const count = thin.width * thin.height * channels;
  const data = rows[0] instanceof Uint16Array ? new Uint16Array(count) : new Uint8Array(count);
  for (const [row, values] of rows.entries()) data.set(values, row * thin.width * channels);
  return { ...thin, channels, data };
}
