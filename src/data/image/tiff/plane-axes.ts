/** The axes along which a TIFF file holds planes, and what all writers of such files have in common. */
import type { HeldPlanes, PlaneIndex } from '../choose-planes.js';
import type { PixelSize } from '../image.js';
import { photometric } from '../png-tiff-headers.js';
import type { TiffDirectory } from './directory.js';
import { aperioPixelSize, plausible } from './pixel-size.js';

/** Where one plane lies. */
export interface PlanePlace {
  /** Index of the main directory. */
  readonly directory: number;
  /** Sample of its pixels; undefined for all samples together, as in a colour image. */
  readonly sample: number | undefined;
  /** Planes that lie before it behind the one directory, in one piece; 0 for those with a directory of their own. */
  readonly behind: number;
}

/** The axes along which a file holds planes. */
export interface PlaneAxes extends HeldPlanes {
  /** A directory of full size; all planes have its size and type. */
  readonly base: TiffDirectory;
  /** Pages that are left out as smaller versions of `base` by their size alone. */
  readonly smaller?: readonly TiffDirectory[];
  /** Undefined where the file does not tell. */
  readonly pixelSize: PixelSize | undefined;
  placeOf(at: PlaneIndex): PlanePlace;
}

/** Whether the samples of a directory are one colour together, by their photometric interpretation. */
export const isColour = ({ photometric: meaning, samples }: TiffDirectory) =>
  [photometric.rgb, photometric.cmyk, photometric.yCbCr, photometric.lab].includes(meaning) && samples >= 3;

/**
 * Samples that are channels: all of a grey image but alpha; 1 for colours.
 *
 * @param areChannels Whether its writer says that the samples are channels, whatever they are shown as.
 */
export function samplesAsChannels(directory: TiffDirectory, areChannels = false): number {
  if (areChannels) return directory.samples;
  if (isColour(directory)) return 1;
  const alpha = directory.extraSamples.filter((kind) => kind === 1 || kind === 2).length;
  return directory.samples === 2 && alpha === 1 ? 1 : directory.samples;
}

/** @param areChannels As of {@link samplesAsChannels}. */
export const commonOf = (first: TiffDirectory, areChannels = false) => ({
  base: first,
  isColour: isColour(first) && !areChannels,
  ...(isColour(first) && !areChannels && { colourSamples: first.samples }),
  channelNames: [] as readonly string[],
  pixelSize: plausible(aperioPixelSize(first.description) ?? first.resolution),
});
