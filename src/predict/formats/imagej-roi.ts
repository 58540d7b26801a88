/**
 * Regions of interest as ImageJ stores them: big-endian, a header of 64 bytes, coordinates, a second header of 64 bytes.
 *
 * Source: the table at the top of ij/io/RoiDecoder.java (public domain), github.com/imagej/ImageJ; the code is ours.
 */
import type { Box } from '../../data/geometry/box.js';
import type { Colour } from '../../draw/overlay.js';
import type { Ring } from '../../data/geometry/polygon.js';
import type { Polygon } from './polygons.js';

const version = 228;
const headerBytes = 64;

/** Numbers of kinds: a shape of several rings is a rectangle with the rings attached. */
const kinds = { rectangle: 1, traced: 8 } as const;

/** Codes in the floats of a shape: move to, line to, close the ring. */
const segments = { move: 0, line: 1, close: 4 } as const;

/** ImageJ reads sides as 16 bits, and takes those below -5000 for unsigned. */
export const maxRoiCoordinate = 65535 - 5000;

export interface Roi {
  readonly name: string;
  /** `xyxy`, px, half-open; up to {@link maxRoiCoordinate}. */
  readonly box: Box;
  /** At least one. */
  readonly polygons: readonly Polygon[];
  readonly colour: Colour;
}

/**
 * One file. A single ring becomes a traced region, whose corners are those of pixels; everything else a composite one.
 */
export function encodeRoi({ name, box, polygons, colour }: Roi): Buffer {
  const [first, ...others] = polygons;
  const isSimple = others.length === 0 && first!.holes.length === 0;
  const shape = isSimple ? [] : polygons.flatMap(({ outer, holes }) => [outer, ...holes].flatMap(pathOf));
  const coordinates = isSimple ? tracedCoordinates(first!.outer, box) : floats(shape);
  const header = Buffer.alloc(headerBytes);
  header.write('Iout', 'latin1');
  header.writeUInt16BE(version, 4);
  header[6] = isSimple ? kinds.traced : kinds.rectangle;
  [box.y1, box.x1, box.y2, box.x2].forEach((side, index) => header.writeUInt16BE(side, 8 + 2 * index));
  header.writeUInt16BE(isSimple ? first!.outer.length / 2 : 0, 16);
  header.writeInt32BE(shape.length, 36);
  header.set([255, ...colour], 40);
  header.writeInt32BE(headerBytes + coordinates.length, 60);
  const nameBytes = Buffer.from(name, 'utf16le').swap16();
  const second = Buffer.alloc(headerBytes);
  second.writeInt32BE(headerBytes + coordinates.length + headerBytes, 16);
  second.writeInt32BE(name.length, 20);
  return Buffer.concat([header, coordinates, second, nameBytes]);
}

/** All columns, then all rows, from the corner of the box. */
function tracedCoordinates(ring: Ring, { x1, y1 }: Box): Buffer {
  const corners = ring.length / 2;
  const bytes = Buffer.alloc(4 * corners);
  for (let corner = 0; corner < corners; corner++) {
    bytes.writeUInt16BE(ring[2 * corner]! - x1, 2 * corner);
    bytes.writeUInt16BE(ring[2 * corner + 1]! - y1, 2 * (corners + corner));
  }
  return bytes;
}

function pathOf(ring: Ring): number[] {
  const path: number[] = [];
  for (let at = 0; at < ring.length; at += 2) {
    path.push(at === 0 ? segments.move : segments.line, ring[at]!, ring[at + 1]!);
  }
  return [...path, segments.close];
}

function floats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeFloatBE(value, 4 * index));
  return bytes;
}
