/**
 * Regions of ImageJ and Fiji: `.roi` files, and zip archives of them as the ROI Manager saves them.
 *
 * Source: the tables at the top of ij/io/RoiDecoder.java and ij/io/RoiEncoder.java (public domain), github.com/imagej/ImageJ;
 * the code is ours. Coordinates of regions with an area are px, (0, 0) is the corner of the first pixel; ImageJ fills them by
 * the rule of `polygon.ts`.
 */
import { basename, dirname } from 'node:path';
import type { FileTree } from '../../files/file-tree.js';
import { readZip, type ZippedFile } from '../../files/zip-files.js';
import { runsOfEllipse } from '../../geometry/ellipse.js';
import { extentOf, runsOfPolygon, type Ring } from '../../geometry/polygon.js';
import type {
  AnnotatedObject,
  AnnotatedObjects,
  AnnotationFormat,
  ImageAnnotations,
  NamedImages,
} from './annotation.js';
import { annotationError } from './json.js';
import { requireOnePosition, type StackPosition } from './stack-position.js';

export const imagejFormat: AnnotationFormat = {
  name: 'imagej',
  words: 'ROIs of ImageJ',
  arrangement: 'X.png with X.zip or X_rois.zip, a ROI set of ImageJ, or X.roi, or a folder X of .roi files',
  async find(tree) {
    const found: string[] = [];
    for (const file of tree.files) {
      if (/\.roi$/iu.test(file) || (/\.zip$/iu.test(file) && isRoiSet(await tree.read(file))))
        found.push(file);
    }
    return found;
  },
  open: (tree, files, _, names) =>
    Promise.resolve({
      images: [...filesByImage(tree, files, names)].map(([image, own]): ImageAnnotations => ({
        image,
        place: placeOf(tree, own),
        ...(own.length === 1 && { file: own[0]! }),
        read: async () => readRois(await unzipped(tree, own), placeOf(tree, own)),
      })),
      problems: [],
      hasScores: false,
    }),
};

const placeOf = (tree: FileTree, [first]: readonly string[]) =>
  first === undefined ? tree.path : tree.place(first);

/** An archive without files is that of an image without nuclei: it begins with its end (APPNOTE.TXT, 4.3.16). */
const isRoiSet = (bytes: Buffer) =>
  bytes.includes('.roi') || bytes.subarray(0, 4).toString('latin1') === 'PK\u0005\u0006';

/** Names that the ROI Manager gives: position, and more of it. */
const managerName = /^\d{1,8}(-\d{1,8}){0,3}\.roi$/iu;

/** The files of each image. An archive is a folder: its files are of the image that it is called after; so is an empty one. */
function filesByImage(
  tree: FileTree,
  files: readonly string[],
  names: NamedImages | undefined,
): Map<string, string[]> {
  const images = new Map<string, string[]>();
  if (tree.kind === 'zip' && files.length === 0) images.set(imageOf(basename(tree.path)), []);
  for (const file of files) {
    const image = imageOf(/\.roi$/iu.test(file) ? ownerOf(tree, file, names) : file);
    const own = images.get(image);
    if (own) own.push(file);
    else images.set(image, [file]);
  }
  return images;
}

/** What a .roi file belongs to: itself, or its folder, as the names tell that the ROI Manager or the images have. */
function ownerOf(tree: FileTree, file: string, names: NamedImages | undefined): string {
  const isDeep = file.includes('/');
  if (tree.kind === 'zip') return isDeep ? dirname(file) : basename(tree.path);
  if (isDeep && managerName.test(basename(file))) return dirname(file);
  // A tree leaves out the folders that all its files have in common.
  const folder = isDeep ? dirname(file) : basename(dirname(tree.place(file)));
  const isOfFolder = names?.find(imageOf(file)).length === 0 && names.find(folder).length > 0;
  return isOfFolder ? folder : file;
}

const imageOf = (name: string) => name.replace(/\.(zip|roi)$/iu, '').replace(/[_-](rois?|roi_?set)$/iu, '');

async function unzipped(tree: FileTree, files: readonly string[]): Promise<ZippedFile[]> {
  const parts: ZippedFile[] = [];
  for (const file of files) {
    const [bytes, place] = [await tree.read(file), tree.place(file)];
    if (/\.zip$/iu.test(file)) parts.push(...(await readZip(bytes, place)));
    else parts.push({ name: basename(file), place, bytes });
  }
  return parts.filter(({ name }) => /\.roi$/iu.test(name));
}

/**
 * The regions of one image.
 *
 * @throws {NucleateError} Exit code 3 for damaged files, and regions of several planes of a stack.
 */
export function readRois(files: readonly ZippedFile[], place: string): AnnotatedObjects {
  const objects: AnnotatedObject[] = [];
  const planes: StackPosition[] = [];
  const leftOut = new Map<string, number>();
  for (const file of files) {
    const roi = decodeRoi(file.bytes, file.place);
    if ('other' in roi) {
      leftOut.set(roi.other, (leftOut.get(roi.other) ?? 0) + 1);
      continue;
    }
    const { plane, ...shape } = roi;
    objects.push({ name: file.name, place: file.place, role: 'nucleus', ...shape });
    planes.push(plane);
  }
  requireOnePosition(planes, place);
  return { objects, leftOut: [...leftOut].map(([what, count]) => ({ what, count })) };
}

/** A region with an area, or what it is that has none. */
type DecodedRoi =
  | (Pick<AnnotatedObject, 'pixels' | 'extent' | 'drawn'> & { readonly plane: StackPosition })
  | { readonly other: string };

const ofRings = (plane: StackPosition, rings: readonly Ring[]): DecodedRoi => ({
  plane,
  extent: extentOf(rings),
  pixels: (image) => runsOfPolygon(rings, image),
});

/** Numbers of kinds, see RoiDecoder. */
const kinds = { polygon: 0, rectangle: 1, oval: 2, freehand: 7, traced: 8 } as const;
const flatKinds: Readonly<Record<number, string>> = {
  3: 'lines',
  4: 'lines',
  5: 'lines',
  6: 'empty regions',
  9: 'angles',
  10: 'points',
};
/** Kinds within a kind that are no outlines. */
const otherSubtypes: Readonly<Record<number, string>> = { 1: 'texts', 2: 'arrows', 4: 'image overlays' };

/** Bits of the options. */
const options = { splineFit: 1, subPixel: 128 } as const;

/** Where numbers are in the first header, bytes. */
const at = {
  version: 4,
  kind: 6,
  top: 8,
  count: 16,
  floats: 18,
  shapeSize: 36,
  subtype: 48,
  options: 50,
  position: 56,
  second: 60,
} as const;
const headerBytes = 64;

function decodeRoi(bytes: Buffer, place: string): DecodedRoi {
  const damaged = (what: string) => annotationError(place, what, 'Save the region again in ImageJ.');
  if (bytes.length < headerBytes || bytes.toString('latin1', 0, 4) !== 'Iout')
    throw damaged('The file is not a region of ImageJ, or is cut off.');
  const kind = bytes[at.kind]!;
  const other = flatKinds[kind] ?? otherSubtypes[bytes.readUInt16BE(at.subtype)];
  if (other !== undefined) return { other };
  const [y1, x1, y2, x2] = [0, 2, 4, 6].map((offset) => side(bytes, at.top + offset)) as FourNumbers;
  const flags = bytes.readUInt16BE(at.options);
  const isSubPixel = (flags & options.subPixel) !== 0 && bytes.readUInt16BE(at.version) >= 222;
  if ((flags & options.splineFit) !== 0) {
    const hint = 'In ImageJ, turn it into an outline: Edit, Selection, Interpolate; then save it again.';
    throw annotationError(place, 'The region is fitted with a spline, which only ImageJ computes.', hint);
  }
  const plane = planeOf(bytes);
  const floatAt = (index: number) => bytes.readFloatBE(at.floats + 4 * index);
  const box = isSubPixel
    ? { x: floatAt(0), y: floatAt(1), width: floatAt(2), height: floatAt(3) }
    : { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  const extent = { x1: box.x, y1: box.y, x2: box.x + box.width, y2: box.y + box.height };
  if (kind === kinds.oval) return { plane, extent, pixels: (image) => runsOfEllipse(box, image) };
  if (kind === kinds.rectangle) {
    const shapeSize = bytes.readInt32BE(at.shapeSize);
    if (shapeSize > 0) {
      if (headerBytes + 4 * shapeSize > bytes.length) throw damaged('The region is cut off.');
      const rings = shapeRings(bytes, shapeSize);
      if (rings === undefined) throw damaged('The composite region is damaged.');
      return ofRings(plane, rings);
    }
    const { x1: left, y1: top, x2: right, y2: low } = extent;
    return { ...ofRings(plane, [[left, top, right, top, right, low, left, low]]), drawn: 'rectangle' };
  }
  if (kind !== kinds.polygon && kind !== kinds.freehand && kind !== kinds.traced)
    throw damaged(`The region is of the unknown kind ${kind}.`);
  // Above 65,535 corners the number is where other kinds have floats.
  const count = bytes.readUInt16BE(at.count) || bytes.readInt32BE(at.floats);
  const isFloat = isSubPixel && count > 0;
  if (count < 0 || headerBytes + (isFloat ? 12 : 4) * count > bytes.length)
    throw damaged('The region is cut off.');
  const ring: number[] = [];
  for (let corner = 0; corner < count; corner++) {
    if (isFloat) {
      const from = headerBytes + 4 * (count + corner);
      ring.push(bytes.readFloatBE(from), bytes.readFloatBE(from + 4 * count));
    } else {
      const from = headerBytes + 2 * corner;
      ring.push(x1 + side(bytes, from), y1 + side(bytes, from + 2 * count));
    }
  }
  return ofRings(plane, [ring]);
}

type FourNumbers = [number, number, number, number];

/** 16 bits with a sign, but what would be below -5000 has none: ImageJ's way to have coordinates above 32,767. */
function side(bytes: Buffer, offset: number): number {
  const value = bytes.readInt16BE(offset);
  return value < -5000 ? value + 65536 : value;
}

/** In the second header, if there is one; else the position in the stack. */
function planeOf(bytes: Buffer): StackPosition {
  const second = bytes.readInt32BE(at.second);
  if (second < headerBytes || second + 16 > bytes.length) return { z: bytes.readInt32BE(at.position), t: 0 };
  const [z, t] = [bytes.readInt32BE(second + 8), bytes.readInt32BE(second + 12)];
  return z === 0 && t === 0 ? { z: bytes.readInt32BE(at.position), t: 0 } : { z, t };
}

/** Steps into which a curve is cut. */
const curveSteps = 16;

/** The rings of a composite region: move to, line to, curves of one or two control points, close. */
function shapeRings(bytes: Buffer, size: number): Ring[] | undefined {
  const value = (index: number) => bytes.readFloatBE(headerBytes + 4 * index);
  const pointsOf = [1, 1, 2, 3, 0];
  const rings: number[][] = [];
  for (let index = 0; index < size;) {
    const segment = value(index);
    const points = pointsOf[segment];
    if (points === undefined || index + 2 * points >= size) return undefined;
    const numbers = Array.from({ length: 2 * points }, (_, offset) => value(index + 1 + offset));
    if (segment === 0) rings.push(numbers);
    else if (points > 0) {
      const ring = rings.at(-1);
      if (!ring) return undefined;
      const control = [...ring.slice(-2), ...numbers];
      for (let step = 1; step <= (points === 1 ? 1 : curveSteps); step++)
        ring.push(...pointOfCurve(control, step / (points === 1 ? 1 : curveSteps)));
    }
    index += 1 + 2 * points;
  }
  return rings;
}

/** de Casteljau: the point of a curve by halving its control points again and again. */
function pointOfCurve(control: readonly number[], part: number): readonly number[] {
  if (control.length === 2) return control;
  const next = control.slice(2).map((value, index) => control[index]! + part * (value - control[index]!));
  return pointOfCurve(next, part);
}
