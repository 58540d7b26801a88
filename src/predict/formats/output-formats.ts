import type { Encode } from './encode.js';

interface Format {
  /** For --help. */
  readonly describe: string;
  /** The code of a format is loaded when it is used, so that --help stays quick. */
  readonly load: () => Promise<Encode>;
}

/**
 * What `nucleate predict` can write; the name of a format is also that of its folder.
 *
 * A new format is a file with its {@link Encode}, and a line here: options, help and tests follow.
 */
export const outputFormats = {
  labels: {
    describe: 'label image: a 16-bit PNG, or a TIFF if that is too small',
    load: async () => {
      const { encodeLabelImage } = await import('../../data/image/label-io.js');
      return (_, { segmentation }) => encodeLabelImage(segmentation.labelImage);
    },
  },
  table: {
    describe: 'CSV of measurements',
    load: async () => (await import('./nuclei-table.js')).encodeTable,
  },
  overlay: {
    describe: 'nuclei filled',
    load: async () => (await import('./overlay.js')).encodeOverlay('filled'),
  },
  outlines: {
    describe: 'nuclei outlined',
    load: async () => (await import('./overlay.js')).encodeOverlay('outlines'),
  },
  'run-length': {
    describe: 'CSV as in the 2018 Data Science Bowl',
    load: async () => (await import('./run-length.js')).encodeRunLength,
  },
  coco: {
    describe: 'JSON with run-length masks',
    load: async () => (await import('./coco.js')).encodeCoco('run-length'),
  },
  'coco-polygons': {
    describe: 'JSON with polygons',
    load: async () => (await import('./coco.js')).encodeCoco('polygons'),
  },
  geojson: { describe: 'for QuPath', load: async () => (await import('./geojson.js')).encodeGeojson },
  imagej: { describe: 'ROIs in a zip', load: async () => (await import('./roi-set.js')).encodeRoiSet },
} satisfies Record<string, Format>;

/** The name of a format. */
export type OutputFormat = keyof typeof outputFormats;

export const outputFormatNames = Object.keys(outputFormats) as OutputFormat[];
