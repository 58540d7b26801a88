import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { exitCodes, NucleateError } from '../../errors.js';
import { nucleiColours } from '../../draw/nuclei-overlay.js';
import type { Segmentation } from '../assemble/segmentation.js';
import { encodeRoi, maxRoiCoordinate } from './imagej-roi.js';
import type { Encode } from './encode.js';
import { polygonsOf } from './polygons.js';

/** Of every entry, so that the same nuclei give the same bytes. */
const mtime = new Date('2000-01-01T00:00:00Z');

/**
 * A zip of one region a nucleus, as ImageJ's ROI Manager opens it (RoiSet.zip); names are labels with leading zeros.
 *
 * @param place The image, for the error.
 * @throws {NucleateError} Exit code 3 for an image beyond the 16 bits of a region's box.
 */
export async function roiSet({ labelImage, instances }: Segmentation, place: string): Promise<Buffer> {
  const { width, height } = labelImage;
  if (Math.max(width, height) > maxRoiCoordinate) {
    throw new NucleateError({
      what: `ImageJ regions have coordinates up to ${maxRoiCoordinate} px, but the image has ${width} x ${height} px.`,
      where: place,
      hint: 'Leave out --format imagej, or cut the image into tiles.',
      exitCode: exitCodes.data,
    });
  }
  const colours = nucleiColours(labelImage);
  const digits = Math.max(4, String(instances.length).length);
  const zip = new yazl.ZipFile();
  for (const instance of instances) {
    const name = String(instance.label).padStart(digits, '0');
    const { box, label } = instance;
    const roi = encodeRoi({
      name,
      box,
      polygons: polygonsOf(labelImage, instance),
      colour: colours[label - 1]!,
    });
    zip.addBuffer(roi, `${name}.roi`, { mtime, mode: 0o100644 });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** The zip of one image. */
export const encodeRoiSet: Encode = async (name, { segmentation }) => ({
  extension: '.zip',
  pieces: [await roiSet(segmentation, name)],
});
