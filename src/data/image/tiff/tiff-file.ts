import type { FileBytes } from '../../files/file-bytes.js';
import type { TiffDirectory } from './directory.js';
import type { PlaneAxes } from './plane-axes.js';

/** A TIFF file of which nothing but its directories has been read. */
export interface TiffFile {
  /** The main directories, in their order; at least one. */
  readonly directories: readonly TiffDirectory[];
  readonly axes: PlaneAxes;
  readonly bytes: FileBytes;
}
