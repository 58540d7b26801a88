import type { TiffDirectory } from './directory.js';
import { plausible } from './pixel-size.js';
import { commonOf, type PlaneAxes, samplesAsChannels } from './plane-axes.js';
import { TiffProblem } from './tiff-problem.js';

/** Bytes of the numbers that are read. */
const headBytes = 56;

/**
 * Planes of a confocal microscope of Zeiss (LSM): a page for each depth and time, and a thumbnail beside each. Its samples
 * are channels, though it calls them red, green and blue.
 *
 * @param facts The tag CZ_LSMINFO. Source: Zeiss, LSM 5/7 file format (image file format description).
 */
export function lsmAxes(
  first: TiffDirectory,
  facts: Uint8Array,
  directories: readonly TiffDirectory[],
): PlaneAxes {
  if (facts.length < headBytes) throw new TiffProblem('its description of planes (CZ_LSMINFO) is cut off');
  const view = new DataView(facts.buffer, facts.byteOffset, facts.length);
  const { littleEndian } = first.image;
  const [z, , t] = [16, 20, 24].map((at) => Math.max(1, view.getInt32(at, littleEndian))) as [
    number,
    number,
    number,
  ];
  const full = directories.filter(({ isReduced }) => !isReduced);
  const isAlike = full.every(
    ({ width, height, samples }) =>
      width === first.width && height === first.height && samples === first.samples,
  );
  if (!isAlike || full.length !== z * t)
    throw new TiffProblem(
      `it tells of ${z * t} planes and has ${full.length}: several positions or a mosaic`,
      'Export it as OME-TIFF or TIFF with ZEN, or open it in Fiji (Plugins > Bio-Formats) and save it as TIFF.',
    );
  const c = samplesAsChannels(first, true);
  // Metres.
  const [x, y] = [40, 48].map((at) => 1e6 * view.getFloat64(at, littleEndian)) as [number, number];
  return {
    ...commonOf(first, true),
    pixelSize: plausible({ x, y }),
    sizes: { c, z, t, page: 1 },
    placeOf: (at) => ({
      directory: full[at.z + z * at.t]!.index,
      sample: c > 1 ? at.c : undefined,
      behind: 0,
    }),
  };
}
