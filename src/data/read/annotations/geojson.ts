/**
 * GeoJSON as QuPath and others write it, also packed with gzip: one file for each image, named after it.
 *
 * Sources: RFC 7946; github.com/qupath/qupath, QuPathTypeAdapters.java (names of members; the code is ours). Coordinates are px
 * of the full image, the origin at the top left.
 */
import { gunzipSync } from 'node:zlib';
import type { FileTree } from '../../files/file-tree.js';
import { maxFileBytes } from '../../files/read-bytes.js';
import { extentOf, runsOfPolygon, unionOfRuns, type Ring } from '../../geometry/polygon.js';
import type { Omission } from '../example.js';
import type { AnnotatedObject, AnnotatedObjects, AnnotationChoice, AnnotationFormat } from './annotation.js';
import { categoryProblem } from './categories.js';
import { annotationError, isObject, parseJson, shown, type JsonObject } from './json.js';
import { requireOnePosition, type StackPosition } from './stack-position.js';

const ending = /\.(geojson(\.gz)?|json)$/iu;

export const geojsonFormat: AnnotationFormat = {
  name: 'geojson',
  words: 'GeoJSON of QuPath',
  arrangement: 'X.png with X.geojson, or X.geojson.gz',
  async find(tree) {
    const found: string[] = [];
    for (const file of tree.files) {
      if (!ending.test(file)) continue;
      if (!/\.json$/iu.test(file) || isGeoJson(await tree.read(file))) found.push(file);
    }
    return found;
  },
  open: (tree, files, choice) =>
    Promise.resolve({
      images: files.map((file) => ({
        image: file.replace(ending, ''),
        ...{ place: tree.place(file), file },
        read: async () => readGeoJson(await readUnpacked(tree, file), tree.place(file), choice),
      })),
      problems: [],
      hasScores: false,
    }),
};

const isGeoJson = (bytes: Buffer) => bytes.includes('"geometry"') && bytes.includes('"Feature"');

async function readUnpacked(tree: FileTree, file: string): Promise<Buffer> {
  const bytes = await tree.read(file);
  if (!/\.gz$/iu.test(file)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxFileBytes });
  } catch (cause) {
    const what = `The file cannot be unpacked: ${(cause as Error).message}.`;
    throw annotationError(tree.place(file), what, exportAgain, cause);
  }
}

const exportAgain = 'Export the file again.';

/**
 * The objects of one image. Of a cell its nucleus is taken. Annotations of the class `Region*` or `reviewed` are the reviewed
 * region, those of the class `Ignore*` are ignored.
 *
 * @throws {NucleateError} Exit code 3.
 */
export function readGeoJson(bytes: Buffer, place: string, choice: AnnotationChoice): AnnotatedObjects {
  const objects: AnnotatedObject[] = [];
  const planes: StackPosition[] = [];
  const leftOut = new Map<string, number>();
  for (const { feature, where } of featuresOf(parseJson(bytes, place), place)) {
    const read = readFeature(feature, where);
    if (typeof read === 'string') leftOut.set(read, (leftOut.get(read) ?? 0) + 1);
    else {
      objects.push(read.object);
      planes.push(read.plane);
    }
  }
  requireOnePosition(planes, place);
  // A chosen category need not be in every file.
  if ((choice.categories ?? []).length === 0) {
    const problem = categoryProblem(countsOf(objects), choice, place);
    if (problem) throw annotationError(place, problem.what, problem.hint!);
  }
  const omissions = [...leftOut].map(([what, count]): Omission => ({ what, count }));
  return { objects, leftOut: omissions };
}

function countsOf(objects: readonly AnnotatedObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { role, category } of objects)
    if (role === 'nucleus' && category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
  return counts;
}

/** The features of a collection, a list, or one alone. */
function featuresOf(document: unknown, place: string): { feature: JsonObject; where: string }[] {
  const collection = isObject(document) && document['type'] === 'FeatureCollection';
  const list = collection ? document['features'] : Array.isArray(document) ? document : [document];
  const wrong = (where: string, found: unknown) =>
    annotationError(
      where,
      `Expected GeoJSON with features, received ${shown(found)}.`,
      'In QuPath: File, Export objects as GeoJSON.',
    );
  if (!Array.isArray(list)) throw wrong(place, list);
  return list.map((feature: unknown, index) => {
    const where = list === document || collection ? `${place}: features[${index}]` : place;
    if (!isObject(feature) || feature['type'] !== 'Feature') throw wrong(where, feature);
    return { feature, where };
  });
}

/** What is no nucleus and no region, by its type in QuPath, in the plural. */
const otherTypes: Readonly<Record<string, string>> = {
  tile: 'tiles',
  tma_core: 'TMA cores',
  'tma core': 'TMA cores',
  root: 'root objects',
};

/** Geometries without area. */
const flatGeometries: Readonly<Record<string, string>> = {
  Point: 'points',
  MultiPoint: 'points',
  LineString: 'lines',
  MultiLineString: 'lines',
};

/** A feature as an object, or what it is that is left out. */
function readFeature(
  feature: JsonObject,
  place: string,
): { object: AnnotatedObject; plane: StackPosition } | string {
  const properties = isObject(feature['properties']) ? feature['properties'] : {};
  const named = properties['objectType'] ?? properties['object_type'];
  const type = typeof named === 'string' ? named.toLowerCase() : 'annotation';
  const other = otherTypes[type];
  if (other !== undefined) return other;
  const isCell = type === 'cell';
  const nucleus = feature['nucleusGeometry'];
  if (isCell && !isObject(nucleus)) return 'cells without a nucleus';
  const geometry = isCell ? nucleus : feature['geometry'];
  if (!isObject(geometry)) throw annotationError(place, 'The feature has no geometry.', exportAgain);
  const flat = flatGeometries[String(geometry['type'])];
  if (flat !== undefined) return flat;
  const polygons = polygonsOf(geometry, isCell ? `${place}.nucleusGeometry` : `${place}.geometry`);
  const category = classOf(properties['classification']);
  const role = type === 'annotation' ? roleOf(category) : 'nucleus';
  const object: AnnotatedObject = {
    name: place.slice(place.lastIndexOf(' ') + 1),
    place,
    role,
    ...(category !== undefined && { category }),
    ...(type === 'annotation' && role === 'nucleus' && { drawn: drawnAs(polygons) }),
    extent: extentOf(polygons.flat()),
    pixels: (image) =>
      unionOfRuns(
        polygons.map((rings) => runsOfPolygon(rings, image)),
        image.width,
      ),
  };
  return { object, plane: planeOf(geometry['plane']) };
}

/** A rectangle has four corners and sides along the axes. */
function drawnAs(polygons: readonly (readonly Ring[])[]): 'outline' | 'rectangle' {
  const [ring, ...others] = polygons.flat();
  if (!ring || others.length > 0 || ring.length > 10) return 'outline';
  const { x1, y1, x2, y2 } = extentOf([ring]);
  const isOn = (value: number, one: number, other: number) => value === one || value === other;
  return ring.every((value, at) => (at % 2 === 0 ? isOn(value, x1, x2) : isOn(value, y1, y2)))
    ? 'rectangle'
    : 'outline';
}

function roleOf(category: string | undefined): AnnotatedObject['role'] {
  if (category === undefined) return 'nucleus';
  if (/^(region\b.*|reviewed)$/iu.test(category)) return 'region';
  return /^ignored?\b/iu.test(category) ? 'ignored' : 'nucleus';
}

/** `{name}`, since QuPath 0.4 `{names}`, or a text. */
function classOf(classification: unknown): string | undefined {
  const { name, names } = isObject(classification)
    ? classification
    : { name: classification, names: undefined };
  if (typeof name === 'string' && name !== '') return name;
  return Array.isArray(names) && names.length > 0 ? names.map(String).join(': ') : undefined;
}

function planeOf(plane: unknown): StackPosition {
  const { z, t } = isObject(plane) ? plane : {};
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  return { z: number(z), t: number(t) };
}

/** The rings of each polygon. */
function polygonsOf({ type, coordinates }: JsonObject, place: string): readonly (readonly Ring[])[] {
  if (type !== 'Polygon' && type !== 'MultiPolygon') {
    const what = `The geometry has the type ${shown(type)}, not Polygon or MultiPolygon.`;
    throw annotationError(place, what, 'Convert it to a polygon, or delete it, and export the file again.');
  }
  const wrong = (found: unknown) =>
    annotationError(place, `The coordinates of a ${type} are wrong: ${shown(found)}.`, exportAgain);
  const list = (value: unknown): readonly unknown[] => {
    if (!Array.isArray(value)) throw wrong(value);
    return value;
  };
  const ring = (positions: unknown): Ring => {
    const corners: number[] = [];
    for (const position of list(positions)) {
      const [x, y] = list(position);
      if (typeof x !== 'number' || typeof y !== 'number') throw wrong(position);
      corners.push(x, y);
    }
    return corners;
  };
  const polygons = type === 'Polygon' ? [coordinates] : list(coordinates);
  return polygons.map((rings) => list(rings).map(ring));
}
