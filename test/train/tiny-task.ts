import { z } from 'zod';
import { DetectionLoader } from '../../src/config/loader.js';
import { training } from '../../src/config/training.js';
import type { Example } from '../../src/data/read/example.js';
import type { BatchOf, Recipe } from '../../src/data/loader/batch-maker.js';
import type { NamedTensors } from '../../src/engine/step.js';
import { NormConvolution, Convolution } from '../../src/models/layers.js';
import { weightsOf } from '../../src/models/weights.js';
import type { Random } from '../../src/random.js';
import type { Task, ValidationResult } from '../../src/train/task.js';
import type { TrainingData } from '../../src/data/loader/training-data.js';
import { ValidationGallery } from '../../src/train/validation-gallery.js';
import { tf } from '../../src/tf.js';

type TinyRecipe = Recipe & { readonly task: 'detection' };

/** The config of the smallest task that has everything a trainer must handle. */
export const TinyConfig = z.strictObject({
  task: z.literal('tiny'),
  ...training,
  loader: DetectionLoader,
});

export type TinyConfig = z.output<typeof TinyConfig>;

/** Trains in milliseconds a step: 4 crops of 32 x 32 px of the bundled sample. */
export function tinyConfig(changes: TinyChanges = {}): TinyConfig {
  const { loader, data, optimizer, budget, ...others } = changes;
  return TinyConfig.parse({
    task: 'tiny',
    data: { path: 'examples/dsb2018-mini', split: 'none', ...data },
    optimizer: { emaDecay: 0.9, ...optimizer },
    schedule: { learningRate: 0.01, warmupSteps: 5, steps: 100 },
    budget: { steps: 20, ...budget },
    validation: { everySteps: 7 },
    checkpoints: { everySteps: 5 },
    ...others,
    loader: { batchSize: 4, cropSize: 32, workers: 0, ...loader },
  });
}

export type TinyChanges = Readonly<Record<string, unknown>> & {
  readonly loader?: Partial<DetectionLoader>;
  readonly data?: object;
  readonly optimizer?: object;
  readonly budget?: object;
};

const channels = 8;

/** Nucleus or background, pixel by pixel: batch normalization, dropout, two losses, and averages if configured. */
export function createTinyTask(config: TinyConfig, data: TrainingData): Task<TinyRecipe> {
  const { seed, loader } = config;
  const model = buildNetwork(seed);
  const weights = weightsOf(model);
  const { cropSize: size, batchSize } = loader;

  const logitsOf = (images: tf.Tensor, dropout: tf.Tensor, training: boolean) =>
    model.apply([images, dropout], { training }) as tf.Tensor4D;

  return {
    recipe: { task: 'detection', seed, examples: data.train, loader },
    weights,
    lossNames: ['lossBody', 'lossShare'],
    scoreName: 'dice',
    metricNames: ['dice', 'accuracy'],
    inputs: (batch: BatchOf<TinyRecipe>, random: Random) => ({
      images: tf.tensor4d(batch.images, [batchSize, size, size, 3]),
      body: tf.tensor4d(Float32Array.from(batch.gtLabels, Math.sign), [batchSize, size, size, 1]),
      dropout: tf.tensor4d(
        Float32Array.from({ length: batchSize * channels }, () => (random.uniform() < 0.2 ? 0 : 1.25)),
        [batchSize, 1, 1, channels],
      ),
    }),
    losses: ({ images, body, dropout }) => {
      const logits = logitsOf(images!, dropout!, true);
      const lossBody = tf.losses.sigmoidCrossEntropy(body!, logits).asScalar();
      const lossShare = tf.squaredDifference(tf.sigmoid(logits).mean(), body!.mean()).asScalar();
      return { loss: lossBody.add<tf.Scalar>(lossShare), lossBody, lossShare };
    },
    validate: (values, onProgress) => validate(data.validation, weights.all, values, onProgress, logitsOf),
    dispose: () => model.dispose(),
  };
}

function buildNetwork(seed: number): tf.LayersModel {
  const images = tf.input({ name: 'images', shape: [null, null, 3] });
  const dropout = tf.input({ name: 'dropout', shape: [1, 1, channels] });
  const options = { kernelSize: 3, stride: 1, padding: 'same', seed } as const;
  const first = new NormConvolution({ name: 'first', filters: channels, activation: 'relu', ...options });
  const second = new NormConvolution({ name: 'second', filters: channels, activation: 'relu', ...options });
  const last = new Convolution({ name: 'logits', filters: 1, activation: 'linear', ...options });
  const features = second.apply(first.apply(images)) as tf.SymbolicTensor;
  const dropped = tf.layers.multiply({ name: 'dropped' }).apply([features, dropout]);
  return tf.model({ inputs: [images, dropout], outputs: last.apply(dropped) as tf.SymbolicTensor });
}

async function validate(
  examples: readonly Example[],
  variables: Readonly<Record<string, tf.Variable>>,
  values: NamedTensors,
  onProgress: (done: number, total: number) => void,
  logitsOf: (images: tf.Tensor, dropout: tf.Tensor, training: boolean) => tf.Tensor4D,
): Promise<ValidationResult> {
  const before = Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, variable.clone()]),
  );
  assign(variables, values);
  let [both, either, right, all] = [0, 0, 0, 0];
  const gallery = new ValidationGallery();
  const pictures: {
    name: string;
    image: { width: number; height: number; channels: 1; data: Uint8Array };
  }[] = [];
  for (const [index, example] of examples.entries()) {
    const { size, pixels, truth } = corner(example);
    const found = tf.tidy(() => {
      const keep = tf.ones([1, 1, 1, channels]);
      return logitsOf(tf.tensor4d(pixels, [1, size, size, 3]), keep, false)
        .greater(0)
        .dataSync();
    });
    let rightHere = 0;
    for (let i = 0; i < truth.length; i++) {
      rightHere += Number(truth[i] === found[i]);
      both += Number(truth[i]! > 0 && found[i]! > 0);
      either += truth[i]! + found[i]!;
      right += Number(truth[i] === found[i]);
    }
    all += truth.length;
    const data = Uint8Array.from(found, (value) => 255 * value);
    const image = { width: size, height: size, channels: 1, data } as const;
    if (index < 2) pictures.push({ name: example.id, image });
    gallery.add(example, rightHere / truth.length, () => image);
    onProgress(index + 1, examples.length);
    await Promise.resolve();
  }
  assign(variables, before);
  tf.dispose(before);
  const dice = either === 0 ? 1 : (2 * both) / either;
  const metrics = { dice, accuracy: right / all };
  return { score: dice, metrics, pictures, images: gallery.images, examples: gallery.draw() };
}

function assign(variables: Readonly<Record<string, tf.Variable>>, values: NamedTensors): void {
  for (const [name, variable] of Object.entries(variables)) variable.assign(values[name]!);
}

/** The top left 64 x 64 px of an image, -1 to 1, and its nuclei. */
function corner({ image, labelImage }: Example) {
  const size = 64;
  const pixels = new Float32Array(size * size * 3);
  const truth = new Uint8Array(size * size);
  for (let i = 0; i < size * size; i++) {
    const at = Math.floor(i / size) * image.width + (i % size);
    truth[i] = Math.sign(labelImage.labels[at]!);
    for (let c = 0; c < 3; c++)
      pixels[3 * i + c] = image.data[at * image.channels + (c % image.channels)]! / 127.5 - 1;
  }
  return { size, pixels, truth };
}
