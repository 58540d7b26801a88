import { parseArgs } from 'node:util';
import type { Argv } from 'yargs';
import { deviceChoices } from '../engine/device.js';
import { withLabelImages } from './label-options.js';
import { withPlanes } from './plane-options.js';

/** The options of every command. */
export const globalOptions = {
  json: { type: 'boolean', describe: 'Print the result as JSON' },
  quiet: { type: 'boolean', describe: 'Print only results, warnings and errors' },
  verbose: { type: 'boolean', describe: 'Print more details' },
  'no-progress': { type: 'boolean', describe: 'Do not show progress' },
  debug: { type: 'boolean', describe: 'Print the stack trace of an error' },
} as const;

export type GlobalOptions = Readonly<Record<keyof typeof globalOptions, boolean>>;

/** Reads the global options and ignores the rest, so that errors in a wrong command line respect them, too. */
export function readGlobalOptions(args: readonly string[]): GlobalOptions {
  const { values } = parseArgs({ args: [...args], options: globalOptions, strict: false });
  return {
    json: Boolean(values.json),
    quiet: Boolean(values.quiet),
    verbose: Boolean(values.verbose),
    'no-progress': Boolean(values['no-progress']),
    debug: Boolean(values.debug),
  };
}

/** Adds `--device`; for commands that compute. */
export function withDevice<Arguments>(parser: Argv<Arguments>) {
  return parser.option('device', {
    choices: deviceChoices,
    default: 'auto' as const,
    describe: 'Where to compute; auto uses the GPU if there is one',
  });
}

/** Adds `--set`; for commands that read a config. */
export function withOverrides<Arguments>(parser: Argv<Arguments>) {
  return parser.option('set', {
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
    describe: 'Change a config value: --set schedule.steps=2000; may be repeated',
  });
}

/** Adds `<path>`, `--labels`, `--channel`, `--plane` and the options of label images; for commands that read a dataset. */
export function withDataset<Arguments>(parser: Argv<Arguments>) {
  return withReading(parser).positional('path', {
    type: 'string',
    demandOption: true,
    describe: 'Dataset: a folder, zip archive or prepared file; see nucleate data layouts',
  });
}

/** Adds `--labels`, `--channel`, `--plane` and the options of label images. */
export const withReading = <Arguments>(parser: Argv<Arguments>) =>
  withPlanes(withLabelImages(parser), 'one image of each file').option('labels', {
    type: 'string',
    requiresArg: true,
    describe:
      'A file or folder of annotations, if not beside the images: COCO, GeoJSON, ROIs, arrays, CSV, label images, folders of masks',
  });

/** The same as {@link withDataset} with `<paths..>`; for commands that read several datasets as one. */
export function withDatasets<Arguments>(parser: Argv<Arguments>) {
  return withReading(parser).positional('paths', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'Datasets: folders, zip archives or prepared files, read as one; see nucleate data layouts',
  });
}

/** Adds `<images..>` and `--model`; for commands that predict. */
export function withImages<Arguments>(parser: Argv<Arguments>) {
  return withModel(parser).positional('images', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: imagesInWords,
  });
}

/** What `<images..>` may be. */
export const imagesInWords = 'Image files (PNG, TIFF, JPEG), or folders; folders are searched for images';

/** Adds `--model`. */
export function withModel<Arguments>(parser: Argv<Arguments>) {
  return parser.option('model', {
    type: 'string',
    requiresArg: true,
    describe: 'A folder made by `nucleate model pack`; default: the model that comes with nucleate',
  });
}
