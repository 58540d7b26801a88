/** What the planes of a TIFF file are: channels, depths, times, by the word of whoever wrote the file. */
import { type TiffDirectory } from './directory.js';
import { fullSizePages } from './full-size-pages.js';
import { imageJAxes } from './imagej-axes.js';
import { lsmAxes } from './lsm-axes.js';
import { omeAxes } from './ome-axes.js';
import { commonOf, type PlaneAxes, samplesAsChannels } from './plane-axes.js';
import { shapedAxes } from './tifffile-axes.js';
import { TiffProblem } from './tiff-problem.js';

/**
 * Reads the axes of a file.
 *
 * @param directories Main directories; smaller versions, labels and thumbnails among them are left out of the axes.
 * @throws {Error} Why the planes cannot be told apart.
 */
export function planeAxes(directories: readonly TiffDirectory[]): PlaneAxes {
  const axes = axesByWriter(directories);
  if (!axes.colourSamples || axes.sizes.c > 1) return axes;
  // A colour by itself.
  return {
    ...axes,
    placeOf: (at) => (at.c === 0 ? axes.placeOf(at) : { ...axes.placeOf({ ...at, c: 0 }), sample: at.c - 1 }),
  };
}

function axesByWriter(directories: readonly TiffDirectory[]): PlaneAxes {
  const [first] = directories;
  if (!first) throw new TiffProblem('it has no image');
  const isOme = /<OME[\s>]/u.test(first.description.slice(0, 4000));
  if (isOme) return omeAxes(first, directories) ?? plainAxes(directories);
  if (first.description.startsWith('ImageJ=')) return imageJAxes(first, directories);
  if (first.stackPlanes > 1) return stackAxes(first);
  if (first.lsm) return lsmAxes(first, first.lsm, directories);
  const shaped = shapedAxes(first, directories);
  if (shaped) return shaped;
  return plainAxes(directories);
}

/** Of a file that says nothing of its planes: pages of full size. */
function plainAxes(directories: readonly TiffDirectory[]): PlaneAxes {
  const { full, smaller } = fullSizePages(directories);
  return { ...commonOf(full[0]!), ...pagesOf(full[0]!, full), smaller };
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
    sizes: { c: 1, z: 1, t: 1, page: first.stackPlanes },
    placeOf: ({ page }) => ({ directory: 0, sample: undefined, behind: page }),
  };
}
