/**
 * What the training loop costs beyond the compiled step, and how long a checkpoint stalls it.
 *
 *   npx tsx bench/loop.ts [--steps 40]
 *
 * VGG16 is trained on crops of 96 px of the bundled sample, one per step, which takes about 200 ms on two cores; its
 * weights, averages and momentum have 177 MB. After each step of the loop the same step runs once alone on a fixed batch,
 * so that other load on the machine slows both alike.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DetectionLoader } from '../src/config/loader.js';
import { training } from '../src/config/training.js';
import { batches } from '../src/data/loader/batches.js';
import type { Recipe } from '../src/data/loader/batch-maker.js';
import { startRuntime } from '../src/engine/runtime.js';
import { buildVgg16 } from '../src/models/vgg16.js';
import { weightsOf } from '../src/models/weights.js';
import { tf } from '../src/tf.js';
import type { Task } from '../src/train/task.js';
import { trainRun } from '../src/train/train-run.js';
import { readTrainingData, type TrainingData } from '../src/data/loader/training-data.js';
import { createTrainingStep } from '../src/train/training-step.js';
import { z } from 'zod';

type LoopRecipe = Recipe & { readonly task: 'detection' };

const { values } = parseArgs({ options: { steps: { type: 'string', default: '40' } } });
const size = 96;

const config = z.strictObject({ task: z.literal('loop'), ...training, loader: DetectionLoader }).parse({
  task: 'loop',
  data: { path: 'examples/dsb2018-mini', split: 'none' },
  optimizer: { kind: 'momentum' },
  budget: { steps: Number(values.steps) },
  checkpoints: { everySteps: 10 },
  loader: { batchSize: 1, cropSize: size },
});

function createTask(_: unknown, data: Pick<TrainingData, 'train'>): Task<LoopRecipe> {
  const model = buildVgg16({ size: [size, size], seed: 1 });
  return {
    recipe: { task: 'detection', seed: 1, examples: data.train, loader: config.loader },
    weights: weightsOf(model),
    lossNames: [],
    scoreName: 'score',
    metricNames: ['score'],
    inputs: ({ images }) => ({ images: tf.tensor4d(images, [1, size, size, 3]) }),
    losses: ({ images }) => ({ loss: tf.mean<tf.Scalar>(tf.square(model.apply(images!) as tf.Tensor)) }),
    validate: () => Promise.resolve({ score: 0, metrics: {}, pictures: [], images: [], examples: [] }),
    dispose: () => model.dispose(),
  };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]!;

const runtime = await startRuntime('cpu');
const sample = await readTrainingData(config.data, { seed: config.seed });
const bareTask = createTask(config, sample);
const drawn = batches(bareTask.recipe);
const { value: batch } = await drawn.next();
const bare = createTrainingStep(bareTask, { config, mode: 'compiled', batches: [batch] });
await drawn.return(undefined as never);

const loopTimes: number[] = [];
const bareTimes: number[] = [];
const dataTimes: number[] = [];
const restTimes: number[] = [];
const stalls: { ms: number; workMs: number }[] = [];
/** ms of all threads of this process, the loader's included; other programs do not add to them. */
const loopWork: number[] = [];
const bareWork: number[] = [];
const work = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
let from = performance.now();
let workFrom = work();
let steps = 0;
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-loop-'));
try {
  await trainRun({
    config,
    createTask,
    runtime,
    data: sample,
    mode: 'compiled',
    place: { kind: 'new', folder, configText: '', resolvedText: '' },
    stop: new AbortController().signal,
    onEvent: (event) => {
      const now = performance.now();
      if (event.event === 'checkpoint') stalls.push({ ms: now - from, workMs: work() - workFrom });
      if (event.event === 'step') {
        loopTimes.push(now - from);
        dataTimes.push(event.dataMs);
        restTimes.push(now - from - event.dataMs - event.stepMs);
        const workNow = work();
        loopWork.push(workNow - workFrom);
        bare.run([batch], steps++);
        bareTimes.push(performance.now() - now);
        bareWork.push(work() - workNow);
      }
      from = performance.now();
      workFrom = work();
    },
  });
} finally {
  rmSync(folder, { recursive: true });
}
// The first steps wait for the loader.
const [loop, alone, data, rest, loopMs, bareMs] = [
  loopTimes,
  bareTimes,
  dataTimes,
  restTimes,
  loopWork,
  bareWork,
].map((times) => median(times.slice(3))) as [number, number, number, number, number, number];
process.stdout.write(
  [
    `step in the loop   ${loop.toFixed(1)} ms (median of ${loopTimes.length - 3})`,
    `step alone         ${alone.toFixed(1)} ms`,
    `overhead           ${((100 * (loop - alone)) / alone).toFixed(1)} %`,
    `  processor time   ${loopMs.toFixed(1)} ms in the loop, ${bareMs.toFixed(1)} ms alone`,
    `  waiting for data ${data.toFixed(2)} ms`,
    `  all but the step ${rest.toFixed(2)} ms`,
    `checkpoint stalls  ${stalls.map(({ ms, workMs }) => `${seconds(ms)} (processor ${seconds(workMs)})`).join(', ')}`,
    '',
  ].join('\n'),
);
process.exit();
