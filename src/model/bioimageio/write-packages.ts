import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { networkChannels } from '../../data/image/network-pixels.js';
import { encodePng, readImage } from '../../data/image/image-io.js';
import { writeFolder } from '../../data/files/write-folder.js';
import type { Runtime } from '../../engine/runtime.js';
import { pixelClasses } from '../../models/segmenter/network.js';
import { packageRoot } from '../../package-root.js';
import { randomFor } from '../../random.js';
import { makeTemporaryFolder } from '../../temporary-folder.js';
import { tf } from '../../tf.js';
import { makeFolders } from '../../make-folders.js';
import { exportNetwork } from '../export-tfjs.js';
import { openModel } from '../model.js';
import { batch, channels, describePackage, type PackageFacts, space } from './describe-package.js';
import { encodeNpy } from './npy.js';
import { filesOf, packageZip, type ZipContents, zipOf } from './package-zip.js';

/** The image of the whole model's test. */
const testImage = path.join(packageRoot, 'examples/dsb2018-mini/a-5afb7932.png');

export interface PackageOptions {
  readonly authors: readonly string[];
  readonly licence: string;
  readonly onStart?: (runtime: Runtime) => void;
}

/**
 * Writes two packages for the BioImage Model Zoo: `segmenter.zip`, a crop of a nucleus to the logits of its pixels, and
 * `model.zip`, the whole model, from an image to its nuclei. Weights are those of {@link exportNetwork}.
 *
 * @param model A model folder.
 * @param folder Must not exist.
 * @throws {NucleateError} Exit code 2 if the folder exists, 6 for a damaged model, 8 if it cannot be written.
 */
export async function writePackages(
  model: string,
  folder: string,
  { authors, licence, onStart }: PackageOptions,
): Promise<readonly string[]> {
  const scratch = makeTemporaryFolder('bioimageio');
  const opened = await openModel(model, 'cpu', { ...(onStart && { onStart }) });
  try {
    const exported = {
      detector: path.join(scratch, 'detector'),
      segmenter: path.join(scratch, 'segmenter'),
    };
    await exportNetwork('detector', model, exported.detector);
    await exportNetwork('segmenter', model, exported.segmenter);
    const { name, created } = opened.file;
    const facts = { authors, licence, timestamp: created };
    const image = await readImage(testImage);
    const cover = await encodePng(image);

    const masks = await filesOf(path.join(exported.segmenter, 'masks'));
    const crop = await testCrop(masks);
    const segmenter = await packageOf(
      {
        ...facts,
        name: `${name} segmenter`,
        description: 'From a crop around a nucleus and its box to the pixels of the nucleus',
      },
      {
        'weights.zip': await zipOf(masks),
        'nucleate.json': (await filesOf(exported.segmenter))['nucleate.json']!,
        'cover.png': cover,
        'test-input.npy': encodeNpy(crop.input, [1, crop.size, crop.size, networkChannels + 1]),
        'test-output.npy': encodeNpy(crop.output, [1, crop.size, crop.size, pixelClasses.length]),
      },
      {
        input: {
          ...{ id: 'crops', data: { type: 'float32' } },
          axes: [
            batch,
            space('y', crop.size),
            space('x', crop.size),
            channels('red', 'green', 'blue', 'box'),
          ],
        },
        output: {
          ...{ id: 'logits', data: { type: 'float32' } },
          axes: [batch, space('y', crop.size), space('x', crop.size), channels(...pixelClasses)],
        },
        absoluteTolerance: 0.001,
      },
    );

    const { labelImage } = await opened.segment(image);
    const { width, height } = image;
    const whole = await packageOf(
      { ...facts, name, description: 'Finds every cell nucleus in a microscope image, as one label each' },
      {
        'weights.zip': await zipOf({
          ...prefixed('detector', await filesOf(exported.detector)),
          ...prefixed('segmenter', await filesOf(exported.segmenter)),
        }),
        'nucleate.json': Buffer.from(`${JSON.stringify(opened.file, null, 2)}\n`),
        'cover.png': cover,
        'test-input.npy': encodeNpy(Uint16Array.from(image.data), [1, height, width, image.channels]),
        'test-output.npy': encodeNpy(Uint16Array.from(labelImage.labels), [1, height, width]),
      },
      {
        input: {
          ...{ id: 'image', data: { type: 'uint16' } },
          axes: [batch, space('y', anySize), space('x', anySize), channels('intensity')],
        },
        output: {
          ...{ id: 'labels', data: { type: 'uint16' } },
          axes: [batch, space('y', sizeOf('y')), space('x', sizeOf('x'))],
        },
        absoluteTolerance: 0,
      },
    );
    await writeFolder(folder, {
      noun: 'packages',
      async write(partial) {
        makeFolders(partial);
        await writeFile(path.join(partial, 'segmenter.zip'), segmenter);
        await writeFile(path.join(partial, 'model.zip'), whole);
      },
    });
    return ['segmenter.zip', 'model.zip'].map((file) => path.join(folder, file));
  } finally {
    opened.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Any number of px, from one cell of the coarsest features of the networks on. */
const anySize = { min: 16, step: 1 };
const sizeOf = (axis: 'y' | 'x') => ({ tensor_id: 'image', axis_id: axis, offset: 0 });

const prefixed = (folder: string, files: ZipContents): ZipContents =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));

/** Noise, and what the exported network makes of it: the files themselves are loaded, so that they are tried, too. */
async function testCrop(files: ZipContents) {
  const { modelTopology, weightsManifest } = JSON.parse(files['model.json']!.toString()) as {
    modelTopology: object;
    weightsManifest: [{ paths: string[]; weights: tf.io.WeightsManifestEntry[] }];
  };
  const [{ paths, weights }] = weightsManifest;
  const bytes = Buffer.concat(paths.map((name) => files[name]!));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const network = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs: weights, weightData }),
  );
  try {
    const [, size] = network.inputs[0]!.shape as [null, number, number, number];
    const random = randomFor(1, 'bioimageio');
    const input = Float32Array.from(
      { length: size * size * (networkChannels + 1) },
      () => random.uniform() * 2 - 1,
    );
    const output = tf.tidy(() => {
      const crops = tf.tensor4d(input, [1, size, size, networkChannels + 1]);
      return (network.predict(crops) as tf.Tensor).dataSync<'float32'>().slice();
    });
    return { size, input, output };
  } finally {
    network.dispose();
  }
}

async function packageOf(
  facts: PackageFacts,
  files: ZipContents,
  tensors: Parameters<typeof describePackage>[2],
): Promise<Buffer> {
  const all = { ...files, 'README.md': Buffer.from(readme(facts)) };
  return packageZip(all, describePackage(facts, all, tensors));
}

const readme = ({ name, description }: PackageFacts) => `# ${name}

${description}.

The weights are layers of TensorFlow.js (\`tf.loadLayersModel\`); \`nucleate.json\` says what to compute between and after them.
The program nucleate does all of it: \`nucleate predict\`.

## Validation

The scores of the model on held-out images, what it was trained on, and its limits are in the model card of nucleate. Look at
the outlines on your own images first. \`test-output.npy\` is what nucleate makes of \`test-input.npy\`.
`;
