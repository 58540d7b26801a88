/**
 * Writes weights for the start of a segmenter with normalization, made of ImageNet's VGG16:
 *
 *     npx tsx experiments/imagenet-init.ts CONFIG VGG16_NOTOP.h5 DATASET OUT.safetensors [override...]
 *     nucleate train segmenter --config CONFIG --init-from OUT.safetensors --allow-partial
 *
 * The published network has biases and no normalization. Its features on crops of the training images tell the
 * statistics of each layer; with them a normalized layer answers as the published one does, each channel divided by
 * its deviation, and the next kernel undoes the division. `--init-from VGG16_NOTOP.h5 --allow-partial` would take the
 * kernels alone, without biases.
 *
 * At less than full width each layer keeps those channels that tell most about the others (a pivoted Cholesky
 * decomposition of their Gram matrix), and its kernel is fitted by least squares to what the published layer answers
 * in them, from the channels that are left before it. Source: channel pruning, He et al., arXiv 1707.06168.
 */
import { writeFileSync } from 'node:fs';
import { loadConfig } from '../src/config/load.js';
import type { SegmenterConfig } from '../src/config/segmenter.js';
import { batches } from '../src/data/loader/batches.js';
import { startRuntime } from '../src/engine/runtime.js';
import { scaleChannels } from '../src/models/layers.js';
import { networkCrops } from '../src/models/segmenter/crops.js';
import { adaptVgg16Input } from '../src/models/vgg16-input.js';
import { blocks } from '../src/models/vgg16.js';
import { randomFor } from '../src/random.js';
import { encodeSafetensors } from '../src/safetensors/encode.js';
import type { StoredTensor } from '../src/safetensors/tensor.js';
import { tf } from '../src/tf.js';
import { loadKerasWeights } from '../src/train/keras-weights-path.js';
import { createSegmenterTask } from '../src/train/segmenter-task.js';
import { readTrainingData } from '../src/data/loader/training-data.js';

const [configPath, weightsPath, dataPath, out, ...overrides] = process.argv.slice(2);
if (out === undefined || dataPath === undefined)
  throw new Error('Usage: imagenet-init.ts <config> <weights.h5> <dataset> <out> [key=value...]');

/** Batches of crops whose features are measured. */
const count = Number(process.env['BATCHES'] ?? 24);
/** As `NormConvolution`. */
const epsilon = 1e-3;
/** Of the mean variance of the inputs, for the least squares. */
const ridge = 1e-3;

const { config } = loadConfig(configPath!, [`data.path=${dataPath}`, ...overrides]) as unknown as {
  config: SegmenterConfig;
};
const data = await readTrainingData(config.data, { seed: config.seed });
await startRuntime('auto');
const task = createSegmenterTask(config, data, { mode: 'eager' });
const published = adaptVgg16Input(await loadKerasWeights(weightsPath!, 'vgg16'), config.model);

/** Features of the published network, and of the one that is made, for each batch. */
let features: Pair[] = [];
interface Pair {
  published: tf.Tensor4D;
  made: tf.Tensor4D;
}
for await (const batch of batches(task.recipe, 0)) {
  const { images, boxes } = task.inputs(batch, randomFor(config.seed)) as {
    images: tf.Tensor4D;
    boxes: tf.Tensor2D;
  };
  const crops = networkCrops(images, boxes, config.model);
  const shown = tf.slice(crops, [0, 0, 0, 0], [-1, -1, -1, 3]);
  features.push({ published: shown, made: shown.clone() });
  if (features.length === count) break;
}

const stored = new Map<string, StoredTensor>();
/** Of the channels of `published`, those that `made` has, and by what they are divided there. */
let kept = [0, 1, 2];
let divided = new Float32Array([1, 1, 1]);
for (const [block, [convolutions, channels]] of blocks.slice(0, config.model.depth).entries()) {
  for (let index = 1; index <= convolutions; index++) {
    const name = `block${block + 1}_conv${index}`;
    const at = (role: string) => published.get(`${name}/${role}`)!;
    const kernel = tf.tensor4d(at('kernel').data as Float32Array, at('kernel').shape as never);
    const bias = at('bias').data as Float32Array;
    const isPooled = index === 1 && block > 0;
    const wanted = scaleChannels(channels, config.model.width);
    const pool = (x: tf.Tensor4D) => (isPooled ? tf.maxPool(x, 2, 2, 'valid') : x);
    features = features.map((pair) => {
      const next = tf.tidy(() => ({ published: pool(pair.published), made: pool(pair.made) }));
      if (isPooled) tf.dispose([pair.published, pair.made]);
      return next;
    });
    const before = features;
    const convolved = before.map((pair) => tf.conv2d(pair.published, kernel, 1, 'same'));
    const moments = momentsOf(convolved);
    const after = convolved.map((x) => tf.tidy(() => tf.relu(tf.add<tf.Tensor4D>(x, tf.tensor1d(bias)))));

    const chosen = wanted === channels ? range(channels) : choose(after, nextNorms(block, index), wanted);
    const scale = chosen.map((channel) => moments.deviation[channel]!);
    let made: tf.Tensor4D;
    if (wanted === channels && kept.length === kernel.shape[2]) {
      made = tf.tidy(() =>
        kernel.mul(tf.tensor(divided).reshape([1, 1, -1, 1])).div<tf.Tensor4D>(tf.tensor(scale)),
      );
    } else {
      made = fit(before, convolved, chosen, scale);
    }
    const mades = before.map((pair) => tf.conv2d(pair.made, made, 1, 'same'));
    const own = momentsOf(mades);
    // What the published layer adds, in the units of the made one.
    const beta = chosen.map((channel, i) => (moments.mean[channel]! + bias[channel]!) / scale[i]!);
    features = before.map((_, batch) => ({
      published: after[batch]!,
      made: tf.tidy(() => {
        const y = mades[batch]!.sub(tf.tensor1d(own.mean)).div(tf.tensor1d(own.deviation));
        // A fit answers less than it should; its normalization would make that good.
        return tf.relu(y.add<tf.Tensor4D>(tf.tensor1d(beta)));
      }),
    }));
    const error = tf.tidy(() => {
      const { published: x, made: y } = features[0]!;
      const picked = tf.gather(x, chosen, 3).div(tf.tensor1d(scale));
      return tf.div(tf.mean(tf.squaredDifference(picked, y)), tf.moments(picked).variance).dataSync()[0]!;
    });
    process.stdout.write(`${name}: ${chosen.length} of ${channels}, unexplained ${error.toFixed(4)}\n`);
    tf.dispose([...convolved, ...mades]);
    if (before !== features) for (const pair of before) tf.dispose([pair.published, pair.made]);

    const values = (await made.data()) as Float32Array<ArrayBuffer>;
    const [h, w, inputs, filters] = made.shape;
    const isFirst = stored.size === 0;
    const f32 = (shape: number[], data: Float32Array<ArrayBuffer>): StoredTensor => ({
      dtype: 'F32',
      shape,
      data,
    });
    stored.set(
      `${name}/kernel`,
      isFirst ? f32([h, w, 4, filters], withFourth(values, filters)) : f32([h, w, inputs, filters], values),
    );
    stored.set(`${name}/beta`, f32([filters], Float32Array.from(beta)));
    stored.set(`${name}/moving_mean`, f32([filters], Float32Array.from(own.mean)));
    stored.set(
      `${name}/moving_variance`,
      f32(
        [filters],
        Float32Array.from(own.deviation, (value) => value ** 2 - epsilon),
      ),
    );
    tf.dispose([kernel, made]);
    [kept, divided] = [chosen, Float32Array.from(scale)];
  }
}
writeFileSync(out, Buffer.concat(encodeSafetensors(stored)));
task.dispose();

/** The box prior counts nothing yet. */
function withFourth(values: Float32Array, filters: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(9 * 4 * filters);
  for (let px = 0; px < 9; px++)
    all.set(values.subarray(px * 3 * filters, (px + 1) * 3 * filters), px * 4 * filters);
  return all;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Over all pixels of all crops, with epsilon; a channel that is almost constant is not blown up. */
function momentsOf(batchFeatures: readonly tf.Tensor4D[]): { mean: number[]; deviation: number[] } {
  return tf.tidy(() => {
    const means = tf.stack(batchFeatures.map((x) => tf.mean(x, [0, 1, 2])));
    const squares = tf.stack(batchFeatures.map((x) => tf.mean(tf.square(x), [0, 1, 2])));
    const mean = tf.mean(means, 0);
    const variance = tf.mean(squares, 0).sub(tf.square(mean));
    const raw = Array.from(tf.sqrt(tf.maximum(variance, 0)).dataSync());
    const middle = [...raw].sort((a, b) => a - b)[raw.length >> 1]!;
    const deviation = raw.map((value) => Math.sqrt(Math.max(value, 0.05 * middle) ** 2 + epsilon));
    return { mean: Array.from(mean.dataSync()), deviation };
  });
}

/** Norm of what the next layer of the published network makes of each channel. */
function nextNorms(block: number, index: number): Float32Array {
  const isLast = index === blocks[block]![0];
  const name = isLast ? `block${block + 2}_conv1` : `block${block + 1}_conv${index + 1}`;
  const kernel = published.get(`${name}/kernel`);
  if (!kernel) return new Float32Array(blocks[block]![1]).fill(1);
  return tf.tidy(() =>
    tf
      .sqrt(tf.sum(tf.square(tf.tensor4d(kernel.data as Float32Array, kernel.shape as never)), [0, 1, 3]))
      .dataSync<'float32'>(),
  );
}

/** Channels, each of which has the most that those before it do not tell. */
function choose(after: readonly tf.Tensor4D[], norms: Float32Array, wanted: number): number[] {
  const gram = tf.tidy(() => {
    const size = after[0]!.shape[3];
    let sum = tf.zeros([size, size]);
    const all = tf.concat(after.map((x) => x.reshape<tf.Tensor2D>([-1, size])));
    const centred = all.sub(tf.mean(all, 0)).mul<tf.Tensor2D>(tf.tensor1d(norms));
    sum = sum.add(tf.matMul(centred, centred, true));
    return sum.arraySync() as number[][];
  });
  const size = gram.length;
  const residual = gram.map((row, i) => row[i]!);
  const columns: Float64Array[] = [];
  const chosen: number[] = [];
  while (chosen.length < wanted) {
    let pick = -1;
    for (let i = 0; i < size; i++)
      if (!chosen.includes(i) && (pick < 0 || residual[i]! > residual[pick]!)) pick = i;
    const root = Math.sqrt(Math.max(residual[pick]!, 1e-12));
    const column = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      let value = gram[i]![pick]!;
      for (const other of columns) value -= other[i]! * other[pick]!;
      column[i] = value / root;
      residual[i]! -= column[i]! ** 2;
    }
    columns.push(column);
    chosen.push(pick);
  }
  return chosen.sort((a, b) => a - b);
}

/** The kernel on the made features that comes nearest to the published answers, divided by `scale`. */
function fit(
  before: readonly Pair[],
  convolved: readonly tf.Tensor4D[],
  chosen: readonly number[],
  scale: readonly number[],
): tf.Tensor4D {
  const inputs = before[0]!.made.shape[3];
  const filters = chosen.length;
  let gram = tf.zeros([9 * inputs, 9 * inputs]);
  let right = tf.zeros([9 * inputs, filters]);
  let sumX = tf.zeros([9 * inputs]);
  let sumY = tf.zeros([filters]);
  let samples = 0;
  for (const [batch, { made }] of before.entries()) {
    const [x, y]: [tf.Tensor2D, tf.Tensor2D] = tf.tidy(() => {
      const [, height, width] = made.shape;
      const padded = tf.pad(made, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]);
      const shifts = range(9).map((k) =>
        tf.slice(padded, [0, Math.floor(k / 3), k % 3, 0], [-1, height, width, -1]),
      );
      return [
        tf.concat(shifts, 3).reshape<tf.Tensor2D>([-1, 9 * inputs]),
        tf
          .gather(convolved[batch]!, [...chosen], 3)
          .div(tf.tensor1d([...scale]))
          .reshape<tf.Tensor2D>([-1, filters]),
      ];
    });
    // A sixteenth of the pixels of large maps is enough.
    const most = 16384;
    const [a, b]: [tf.Tensor2D, tf.Tensor2D] = tf.tidy(() => {
      if (x.shape[0] <= most) return [x.clone(), y.clone()];
      const step = Math.ceil(x.shape[0] / most);
      // An odd stride, so that all columns come.
      const rows = range(Math.floor(x.shape[0] / (step | 1))).map((i) => i * (step | 1));
      return [tf.gather(x, rows), tf.gather(y, rows)];
    });
    const next = tf.tidy(() => [
      gram.add(tf.matMul(a, a, true)),
      right.add(tf.matMul(a, b, true)),
      sumX.add(tf.sum(a, 0)),
      sumY.add(tf.sum(b, 0)),
    ]);
    samples += a.shape[0];
    tf.dispose([x, y, a, b, gram, right, sumX, sumY]);
    [gram, right, sumX, sumY] = next as [typeof gram, typeof right, typeof sumX, typeof sumY];
  }
  const n = 9 * inputs;
  const [g, r, mx, my] = [gram, right, sumX, sumY].map((x) => Float64Array.from(x.dataSync())) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  tf.dispose([gram, right, sumX, sumY]);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) g[i * n + j] = g[i * n + j]! / samples - (mx[i]! * mx[j]!) / samples ** 2;
    for (let j = 0; j < filters; j++)
      r[i * filters + j] = r[i * filters + j]! / samples - (mx[i]! * my[j]!) / samples ** 2;
    trace += g[i * n + i]!;
  }
  for (let i = 0; i < n; i++) g[i * n + i]! += (ridge * trace) / n;
  solve(g, r, n, filters);
  return tf.tensor4d(Float32Array.from(r), [3, 3, inputs, filters]);
}

/** Cholesky: `a` `[n, n]` is destroyed, `b` `[n, m]` becomes the solution. */
function solve(a: Float64Array, b: Float64Array, n: number, m: number): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    for (let i = j; i < n; i++) {
      const rowI = i * n;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      a[rowI + j] = i === j ? Math.sqrt(sum) : sum / a[rowJ + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      const factor = a[i * n + k]!;
      for (let c = 0; c < m; c++) b[i * m + c]! -= factor * b[k * m + c]!;
    }
    for (let c = 0; c < m; c++) b[i * m + c]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const factor = a[k * n + i]!;
      for (let c = 0; c < m; c++) b[i * m + c]! -= factor * b[k * m + c]!;
    }
    for (let c = 0; c < m; c++) b[i * m + c]! /= a[i * n + i]!;
  }
}
