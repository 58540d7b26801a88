/**
 * Sources: RFC 7946; QuPath's object export (https://qupath.readthedocs.io, "Exporting annotations"): coordinates are px
 * of the full image with the origin at the top left.
 */
import { createHash } from 'node:crypto';
import type { Pixels } from '../../data/image/stored-image.js';
import type { Segmentation } from '../assemble/segmentation.js';
import { measureInstance } from './measure.js';
import type { Encode } from './encode.js';
import type { Ring } from '../../data/geometry/polygon.js';
import { polygonsOf } from './polygons.js';
import { shortNumber } from './short-number.js';

/** Green, as 8-bit red, green, blue: what QuPath draws the class in. */
const classColour = [0, 158, 115];

/**
 * A collection of QuPath detections, one a nucleus, of the class Nucleus.
 *
 * @param name Of the image; the same nucleus of the same image always has the same id.
 */
export function* geojsonDocument(name: string, image: Pixels, segmentation: Segmentation): Generator<string> {
  const { labelImage, instances } = segmentation;
  yield '{"type":"FeatureCollection","features":[';
  let separator = '\n';
  for (const instance of instances) {
    const { area, label, score } = instance;
    const polygons = polygonsOf(labelImage, instance).map(({ outer, holes }) =>
      [outer, ...holes].map(closed),
    );
    const measured = measureInstance(image, labelImage, instance);
    const feature = {
      type: 'Feature',
      id: uuid(name, label),
      geometry:
        polygons.length === 1
          ? { type: 'Polygon', coordinates: polygons[0] }
          : { type: 'MultiPolygon', coordinates: polygons },
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
  yield ']}\n';
}

/** Corners as positions, the first repeated at the end. */
function closed(ring: Ring): [number, number][] {
  const positions: [number, number][] = [];
  for (let at = 0; at < ring.length; at += 2) positions.push([ring[at]!, ring[at + 1]!]);
  return [...positions, positions[0]!];
}

/** Version 8 (RFC 9562, 5.8): of bits that we choose, here a hash. */
function uuid(name: string, label: number): string {
  const bytes = createHash('sha256').update(`${name}\n${label}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** A GeoJSON file of one image. */
export const encodeGeojson: Encode = (name, { image, segmentation }) => ({
  extension: '.geojson',
  pieces: geojsonDocument(name, image, segmentation),
});
