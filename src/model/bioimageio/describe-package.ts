import { described, type ZipContents } from './package-zip.js';

/** Of `model.json` and of what loads it. */
const tensorflowJs = '4.22.0';

/** Who made a model, and what its packages say of it. */
export interface PackageFacts {
  readonly name: string;
  readonly description: string;
  readonly authors: readonly string[];
  /** Of SPDX. */
  readonly licence: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** Sizes of an axis, as the format writes them. */
type AxisSize =
  | number
  | { readonly min: number; readonly step: number }
  | { readonly tensor_id: string; readonly axis_id: string; readonly offset: number };

export const batch = { type: 'batch', size: 1 };
export const space = (id: 'y' | 'x', size: AxisSize) => ({ type: 'space', id, size });
export const channels = (...names: string[]) => ({ type: 'channel', channel_names: names });

/**
 * The description of a package, model 0.5.4.
 *
 * @param files Hold `README.md`, `cover.png`, `weights.zip`, `test-input.npy`, `test-output.npy`, `nucleate.json`.
 * @param tensors What the test tensors are.
 */
export function describePackage(
  { name, description, authors, licence, timestamp }: PackageFacts,
  files: ZipContents,
  tensors: { readonly input: object; readonly output: object; readonly absoluteTolerance: number },
) {
  return {
    ...{ format_version: '0.5.4', type: 'model', name, description, license: licence, timestamp },
    authors: authors.map((author) => ({ name: author })),
    cite: [
      {
        text: 'Caicedo et al., Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl',
        doi: '10.1038/s41592-019-0612-7',
      },
    ],
    documentation: 'README.md',
    covers: ['cover.png'],
    tags: ['nuclei', 'instance-segmentation', 'fluorescence-light-microscopy', 'histology', 'tensorflow-js'],
    attachments: [described('nucleate.json', files)],
    inputs: [{ ...tensors.input, test_tensor: described('test-input.npy', files) }],
    outputs: [{ ...tensors.output, test_tensor: described('test-output.npy', files) }],
    weights: {
      tensorflow_js: { ...described('weights.zip', files), tensorflow_version: tensorflowJs },
    },
    config: {
      bioimageio: {
        reproducibility_tolerance: [
          { relative_tolerance: 0.001, absolute_tolerance: tensors.absoluteTolerance },
        ],
      },
    },
  };
}
