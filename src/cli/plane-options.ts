import type { Argv } from 'yargs';
import { planeChoice, type PlaneChoice } from '../data/image/plane-choice.js';

export interface PlaneArguments {
  channel: string[] | undefined;
  plane: string[] | undefined;
}

/**
 * Adds `--channel` and `--plane`.
 *
 * @param each Whether a file may become several images.
 */
export function withPlanes<Arguments>(parser: Argv<Arguments>, each: 'or each' | 'one image of each file') {
  const orEach = each === 'or each' ? ', or each' : '';
  return parser
    .option('channel', {
      type: 'string',
      array: true,
      // One value for each --channel, so that the images may follow.
      nargs: 1,
      describe: `Channel with the nuclei, by name or number (the first is 1)${orEach}; red, green or blue of a colour image. Up to three, as 1,2, become colours`,
    })
    .option('plane', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: `Plane of a stack: a number (the first is 1), max, mean${orEach}; with several axes z=max,t=1`,
    });
}

/** The choice for a dataset. @throws {NucleateError} Exit code 2 for a plane that is none, and for `each`. */
export const planesOfDataset = (written: PlaneArguments): PlaneChoice =>
  planeChoice(written, 'options of a dataset');
