import { createHash } from 'node:crypto';
import path from 'node:path';
import { readPlainFile } from '../plain-file.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { KerasNetwork } from '../models/keras-weights-layers.js';
import { readKerasWeights } from '../models/keras-weights.js';
import type { StoredTensors } from '../safetensors/tensor.js';

/** MD5 of the files that Keras Applications downloads, from its source code (Keras 3.15.1). */
const publishedFiles: Readonly<Record<string, string>> = {
  'inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5': 'd19885ff4a710c122648d3b5c3b684e4',
  'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5': '6d6bbae143d832006294945121d1f1fc',
};

/** The largest of them has 0.22 GB. */
const maxBytes = 2 ** 30;

/**
 * Reads the weights of a published network from a Keras file, to start a training from.
 *
 * @throws {NucleateError} Exit code 8 if the file cannot be read; 6 if it is not what its name promises, or as
 *   {@link readKerasWeights}.
 */
export async function loadKerasWeights(file: string, network: KerasNetwork): Promise<StoredTensors> {
  const bytes = await readWhole(file);
  const published = publishedFiles[path.basename(file)];
  if (published !== undefined && createHash('md5').update(bytes).digest('hex') !== published) {
    throw new NucleateError({
      what: 'The file has the name of a file that Keras publishes, but its MD5 differs.',
      where: file,
      hint: 'Download it again; or, if these are your own weights, rename the file.',
      exitCode: exitCodes.checkpoint,
    });
  }
  try {
    return await readKerasWeights(bytes, network);
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    const { message: what, hint, exitCode, problems } = error;
    throw new NucleateError({ what, where: file, hint, exitCode, problems }, { cause: error });
  }
}

async function readWhole(file: string): Promise<Uint8Array> {
  const unreadable = (what: string, cause?: unknown) =>
    new NucleateError(
      { what, where: file, hint: 'Check the path and its permissions.', exitCode: exitCodes.io },
      { cause },
    );
  try {
    return await readPlainFile(file, maxBytes);
  } catch (error) {
    if (error instanceof NucleateError) throw error;
    throw unreadable(`The weights cannot be read: ${(error as Error).message}.`, error);
  }
}
