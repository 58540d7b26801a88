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
  /** Who says so, for messages. */
  readonly writer: 'OME-TIFF' | 'ImageJ' | 'tifffile' | 'MetaMorph' | 'TIFF';
  /** A directory of full size; all planes have its size and type. */
  readonly base: TiffDirectory;
  /** Undefined where the file does not tell. */
  readonly pixelSize: PixelSize | undefined;
  placeOf(at: PlaneIndex): PlanePlace;
}

/** Whether the samples of a directory are one colour together. */
export const isColour = ({ photometric: meaning, samples }: TiffDirectory) =>
  [photometric.rgb, photometric.cmyk, photometric.yCbCr, photometric.lab].includes(meaning) && samples >= 3;

/** Samples that are channels: all of a grey image but alpha; 1 for colours. */
export function samplesAsChannels(directory: TiffDirectory): number {
  if (isColour(directory)) return 1;
  const alpha = directory.extraSamples.filter((kind) => kind === 1 || kind === 2).length;
  return directory.samples === 2 && alpha === 1 ? 1 : directory.samples;
}

export const commonOf = (first: TiffDirectory) => ({
  base: first,
  isColour: isColour(first),
  channelNames: [] as readonly string[],
  pixelSize: plausible(aperioPixelSize(first.description) ?? first.resolution),
});
