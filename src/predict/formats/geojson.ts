/**
 * Sources: RFC 7946; QuPath's object export (https://qupath.readthedocs.io, "Exporting annotations"): coordinates are px
 * of the full image with the origin at the top left.
 */
import { createHash } from 'node:crypto';
import type { Pixels } from '../../data/image/stored-image.js';
import { measureInstance } from './measure.js';
import type { Encode, Segmented } from './encode.js';
import type { Ring } from '../../data/geometry/polygon.js';
import { type Polygon, polygonsOf } from './polygons.js';
import { shortNumber } from './short-number.js';

/** Green, as 8-bit red, green, blue: what QuPath draws the class in. */
const classColour = [0, 158, 115];

/**
 * A collection of QuPath detections, one a nucleus, of the class Nucleus.
 *
 * @param name Of the image; the same nucleus of the same image always has the same id.
 */
export function* geojsonDocument(
  name: string,
  { image, segmentation, ignore }: Omit<Segmented, 'region'>,
): Generator<string> {
  const { labelImage, instances } = segmentation;
  yield '{"type":"FeatureCollection","features":[';
  let separator = '\n';
  for (const instance of instances) {
    const { area, label, score } = instance;
    const measured = measureInstance(image, labelImage, instance);
    const feature = {
      type: 'Feature',
      id: uuid(name, label),
      geometry: geometryOf(polygonsOf(labelImage, instance)),
      properties: {
        objectType: 'detection',
        name: `Nucleus ${label}`,
        classification: { name: 'Nucleus', color: classColour },
        measurements: {
          Score: shortNumber(score),
          'Area px^2': area,
          ...(measured.areaUm2 !== undefined && { 'Area µm^2': shortNumber(measured.areaUm2) }),
          'Perimeter px': shortNumber(measured.perimeter),
          Eccentricity: shortNumber(measured.eccentricity),
          'Mean intensity': shortNumber(measured.meanIntensity),
        },
      },
    };
    yield separator + JSON.stringify(feature);
    separator = ',\n';
  }
  if (ignore) yield separator + JSON.stringify(regionFeature(name, image, ignore));
  yield ']}\n';
}

/** An annotation around what has been reviewed, of the class Region*; where nothing has, around all, of the class Ignore*. */
function regionFeature(name: string, { width, height }: Pixels, ignore: Uint8Array): object {
  const hasRegion = ignore.includes(0);
  const labels = Uint16Array.from(ignore, (value) => (hasRegion ? 1 - value : 1));
  const box = { x1: 0, y1: 0, x2: width, y2: height };
  const polygons = polygonsOf({ width, height, labels }, { label: 1, box });
  return {
    type: 'Feature',
    id: uuid(name, 'region'),
    geometry: geometryOf(polygons),
    properties: { objectType: 'annotation', classification: { name: hasRegion ? 'Region*' : 'Ignore*' } },
  };
}

function geometryOf(polygons: readonly Polygon[]): object {
  const coordinates = polygons.map(({ outer, holes }) => [outer, ...holes].map(closed));
  return coordinates.length === 1
    ? { type: 'Polygon', coordinates: coordinates[0] }
    : { type: 'MultiPolygon', coordinates };
}

/** Corners as positions, the first repeated at the end. */
function closed(ring: Ring): [number, number][] {
  const positions: [number, number][] = [];
  for (let at = 0; at < ring.length; at += 2) positions.push([ring[at]!, ring[at + 1]!]);
  return [...positions, positions[0]!];
}

/** Version 8 (RFC 9562, 5.8): of bits that we choose, here a hash. */
function uuid(name: string, label: number | 'region'): string {
  const bytes = createHash('sha256').update(`${name}\n${label}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** A GeoJSON file of one image. */
export const encodeGeojson: Encode = (name, segmented) => ({
  extension: '.geojson',
  pieces: geojsonDocument(name, segmented),
});
