import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateTask } from '../../src/train/train-request.js';
import type { StepDone, TrainEvent } from '../../src/train/events.js';
import { loadNewestCheckpoint } from '../../src/run/checkpoints/read.js';
import { lockRun } from '../../src/run/lock/lock.js';
import { runFiles } from '../../src/run/run-folder.js';
import { readStatus } from '../../src/run/status.js';
import { tf } from '../../src/tf.js';
import { outcomeOf, useTinyRuns } from './tiny-run.js';
import { createTinyTask, type TinyConfig } from './tiny-task.js';
import { scratchFolder } from '../run/scratch.js';

const train = useTinyRuns();

/** A run without interruptions: 12 steps, validated at 5, 10 and 12, saved at 0, 4, 5, 8, 10 and 12. */
const changes = { budget: { steps: 12 }, validation: { everySteps: 5 }, checkpoints: { everySteps: 4 } };
const unbroken = path.join(mkdtempSync(path.join(tmpdir(), 'nucleate-tiny-')), 'run');
let events: readonly TrainEvent[];
beforeAll(async () => {
  events = await train(unbroken, changes);
}, 120_000);
afterAll(() => rmSync(path.dirname(unbroken), { recursive: true }));

const stepsOf = (reported: readonly TrainEvent[]) =>
  reported.filter((event): event is StepDone => event.event === 'step');

describe('an uninterrupted run', () => {
  test('reports its events in order', () => {
    const reported = events
      .filter(({ event }) => !['step', 'validating', 'notice'].includes(event))
      .map((event) => `${event.event} ${'step' in event ? event.step : ''}`);
    expect(reported).toEqual([
      'started 0',
      'checkpoint 0',
      'checkpoint 4',
      ...['validation 5', 'checkpoint 5'],
      'checkpoint 8',
      ...['validation 10', 'checkpoint 10'],
      ...['validation 12', 'checkpoint 12'],
      'ended 12',
    ]);
    expect(events.at(-1)).toMatchObject({ ending: 'steps', folder: unbroken });
    expect(stepsOf(events).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('learns', () => {
    const losses = stepsOf(events).map(({ loss }) => loss);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-4))).toBeLessThan(0.8 * mean(losses.slice(0, 4)));
  });

  test('writes the files of a run', () => {
    expect(readdirSync(unbroken).sort()).toEqual([
      ...[
        'checkpoints',
        'config.resolved.yaml',
        'config.yaml',
        'dataset.json',
        'env.json',
        'eval',
        'git.json',
      ],
      ...['metric-names.json', 'metrics.jsonl', 'run.lock', 'split.json', 'status.json', 'tb', 'train.log'],
    ]);
    expect(readStatus(unbroken)).toMatchObject({ state: 'finished', exitCode: 0, step: 12 });
    const dataset = JSON.parse(readFileSync(runFiles(unbroken).dataset, 'utf8')) as Record<string, object>;
    expect(dataset).toMatchObject({
      validationIsUnseen: true,
      train: { images: 19 },
      validation: { images: 5 },
    });
    const { records, state, best } = outcomeOf(unbroken);
    expect(records.map(({ step, kind }) => `${kind} ${step}`)).toEqual([
      ...[1, 2, 3, 4, 5].map((step) => `train ${step}`),
      'validation 5',
      ...[6, 7, 8, 9, 10].map((step) => `train ${step}`),
      'validation 10',
      ...['train 11', 'train 12', 'validation 12'],
    ]);
    const scores = records
      .filter(({ kind }) => kind === 'validation')
      .map(({ step, score }) => ({ step, score }));
    const highest = scores.reduce((one, other) => (other.score! > one.score! ? other : one));
    expect(state).toMatchObject({ step: 12, draws: 48, best: highest });
    expect(best).toBe(`step-${String(highest.step).padStart(9, '0')}\n`);
  });

  test('has nothing left to do', async () => {
    await expect(train(unbroken, changes)).rejects.toMatchObject({
      exitCode: 2,
      message: 'Nothing is left to do: the run has done 12 of 12 steps.',
    });
  });

  test('locks its folder', async () => {
    const lock = lockRun(unbroken, { force: false, onTakeover: () => {} });
    await expect(train(unbroken, changes)).rejects.toMatchObject({ exitCode: 7 });
    lock.release();
  });

  test('does not start in a folder that is not empty', async () => {
    const folder = scratchFolder();
    writeFileSync(path.join(folder, 'mine'), '');
    await expect(train(folder, changes)).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(folder)).toEqual(['mine']);
  });
});

describe('a run that is stopped and resumed ends like the uninterrupted one, to the bit', () => {
  test.each([
    ['before the first step', 'checkpoint', 0, 0],
    ['between checkpoints', 'step', 3, 0],
    ['at a step that is saved anyway', 'step', 8, 1],
    ['at a step that is to be validated', 'step', 5, 0],
    ['within a validation', 'validating', 5, 0],
    ['within the last validation', 'validating', 12, 2],
  ])('%s', async (_, kind, at, validations) => {
    const folder = path.join(scratchFolder(), 'run');
    const reported = await train(folder, changes, {
      stopAt: (event) => event.event === kind && 'step' in event && event.step === at && 'SIGTERM',
    });
    expect(reported.at(-1)).toMatchObject({ event: 'ended', ending: 'SIGTERM', step: at });
    expect(reported.filter(({ event }) => event === 'validation')).toHaveLength(validations);
    expect(readStatus(folder)).toMatchObject({ state: 'interrupted', exitCode: 143, step: at });

    // Other workers must not matter.
    await train(folder, { ...changes, loader: { workers: at === 3 ? 1 : 0 } });
    const outcome = outcomeOf(folder);
    const expected = outcomeOf(unbroken);
    // The checkpoint at which it was stopped is one more.
    expect({ ...outcome, checkpoints: [] }).toEqual({ ...expected, checkpoints: [] });
    expect(outcome.checkpoints).toEqual(expect.arrayContaining(['best', 'latest', 'step-000000012']));
  });

  test('by its time budget', async () => {
    const folder = path.join(scratchFolder(), 'run');
    const reported = await train(folder, { ...changes, budget: { steps: 12, minutes: 1e-6 } });
    expect(reported.at(-1)).toMatchObject({ ending: 'minutes', step: 0 });
    expect(readStatus(folder)).toMatchObject({ state: 'interrupted', exitCode: 0 });
    await train(folder, changes);
    expect(outcomeOf(folder).hashes).toEqual(outcomeOf(unbroken).hashes);
  });
});

test('raising budget.steps changes no step that is done', async () => {
  const folder = path.join(scratchFolder(), 'run');
  await train(folder, { ...changes, budget: { steps: 5 } });
  const reported = await train(folder, changes);
  expect(reported).toContainEqual({ event: 'notice', text: 'budget.steps was 5 and is 12 now.' });
  expect(outcomeOf(folder).hashes).toEqual(outcomeOf(unbroken).hashes);
  expect(readFileSync(runFiles(folder).resolvedConfig, 'utf8')).toBe(JSON.stringify(changes));
});

test('a run with patience ends when its scores stop improving', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const flat: CreateTask<TinyConfig> = (config, data) => {
    const task = createTinyTask(config, data);
    const scores = [0.5, 0.4, 0.5, 0.9];
    return {
      ...task,
      dispose: () => task.dispose(),
      validate: () =>
        Promise.resolve({ score: scores.shift()!, metrics: {}, pictures: [], images: [], examples: [] }),
    };
  };
  const patient = { budget: { steps: 9, patience: 2 }, validation: { everySteps: 2 } };
  const reported = await train(folder, patient, { createTask: flat });
  // 0.5 again is not better, and of equal scores the earlier is the best.
  expect(reported.at(-1)).toMatchObject({ ending: 'patience', step: 6, best: { step: 2, score: 0.5 } });
  expect(readStatus(folder)).toMatchObject({ state: 'finished' });
  await expect(train(folder, patient)).rejects.toMatchObject({ exitCode: 2 });
});

describe('a run cannot be resumed', () => {
  test('if settings that change its numbers differ; the error lists them', async () => {
    await expect(
      train(unbroken, {
        ...changes,
        budget: { steps: 20 },
        optimizer: { clipNorm: 1 },
        precision: 'bfloat16',
      }),
    ).rejects.toMatchObject({
      exitCode: 6,
      problems: [
        { what: 'optimizer.clipNorm was 10 and is 1 now.' },
        { what: 'precision was "float32" and is "bfloat16" now.' },
      ],
    });
  });

  test('if no checkpoint is whole', async () => {
    const folder = path.join(scratchFolder(), 'run');
    await train(folder, { ...changes, budget: { steps: 1 } });
    for (const step of [0, 1])
      writeFileSync(path.join(runFiles(folder).checkpoints, `step-00000000${step}/ema.safetensors`), 'x');
    await expect(train(folder, changes)).rejects.toMatchObject({
      exitCode: 6,
      message: 'Every checkpoint of the run is damaged.',
      problems: [{}, {}],
    });
  });
});

test('a damaged checkpoint is skipped: the run continues from the one before, and ends the same', async () => {
  const folder = path.join(scratchFolder(), 'run');
  await train(folder, { ...changes, budget: { steps: 8 } });
  const { checkpoints } = runFiles(folder);
  const file = path.join(checkpoints, 'step-000000008/optimizer.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
  const reported = await train(folder, changes);
  expect(reported[0]).toMatchObject({
    event: 'warning',
    text: expect.stringContaining('step-000000008') as string,
  });
  expect(reported.find(({ event }) => event === 'started')).toMatchObject({ step: 5 });
  expect(outcomeOf(folder).hashes).toEqual(outcomeOf(unbroken).hashes);
  expect(readdirSync(checkpoints)).toContain('damaged-step-000000008');
});

describe('NaN stops a run with exit code 5', () => {
  /** A tiny task that goes wrong in step 6. */
  const wrong =
    (
      spoil: (task: ReturnType<typeof createTinyTask>) => Partial<ReturnType<typeof createTinyTask>>,
    ): CreateTask<TinyConfig> =>
    (config, data) => {
      const task = createTinyTask(config, data);
      return { ...task, dispose: () => task.dispose(), ...spoil(task) };
    };
  /** Puts the number into the input `spoiler` from the step on: 0 before. */
  const spoiler = (task: ReturnType<typeof createTinyTask>, from: number) => {
    let calls = -1; // The first makes the examples.
    return (...args: Parameters<typeof task.inputs>) => ({
      ...task.inputs(...args),
      spoiler: tf.scalar(calls++ === from - 1 ? NaN : 0),
    });
  };

  test.each([
    [
      'in an image',
      'loss is NaN, lossBody is NaN, lossShare is NaN, gradientNorm is NaN',
      wrong((task) => {
        const inputs = spoiler(task, 6);
        return {
          inputs: (...args) => inputs(...args),
          losses: ({ spoiler, images, ...others }) =>
            task.losses({ ...others, images: images!.add(spoiler!) }),
        };
      }),
    ],
    [
      'in a part of the loss that does not count',
      'lossShare is NaN',
      wrong((task) => {
        const inputs = spoiler(task, 6);
        return {
          inputs: (...args) => inputs(...args),
          losses: ({ spoiler, ...others }) => {
            const { loss, lossBody, lossShare } = task.losses(others);
            return { loss, lossBody: lossBody!, lossShare: lossShare!.add(spoiler!) };
          },
        };
      }),
    ],
    [
      'in a gradient alone',
      'gradientNorm is NaN',
      wrong((task) => {
        const inputs = spoiler(task, 6);
        return {
          inputs: (...args) => inputs(...args),
          losses: ({ spoiler, ...others }) => {
            const { loss, ...parts } = task.losses(others);
            const leak = tf.customGrad((x, save) => {
              (save as (tensors: tf.Tensor[]) => void)([spoiler!]);
              return { value: (x as tf.Scalar).clone(), gradFunc: (dy, [nan]) => dy.add(nan!) };
            });
            return { loss: leak(loss) as tf.Scalar, ...parts };
          },
        };
      }),
    ],
  ])('%s', async (_, what, createTask) => {
    const folder = path.join(scratchFolder(), 'run');
    const reported: TrainEvent[] = [];
    await expect(
      train(folder, changes, { createTask, stopAt: (event) => void reported.push(event) }),
    ).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(
        `^In step 6, ${what}; the images are ([a-f]-[0-9a-f]{8}(, )?){4}\\.$`,
      ) as string,
    });
    expect(stepsOf(reported).at(-1)).toMatchObject({ step: 5 });
    expect(readStatus(folder)).toMatchObject({ state: 'failed', exitCode: 5, step: 5 });
    const dump = path.join(folder, 'diverged-6');
    expect(readdirSync(dump)).toEqual(['batch-0.safetensors', 'step.json']);
    expect(readFileSync(path.join(dump, 'step.json'), 'utf8')).toContain('"NaN"');

    // The checkpoints are from before; with a sound task the run continues as if nothing had happened.
    await train(folder, changes);
    expect(outcomeOf(folder).hashes).toEqual(outcomeOf(unbroken).hashes);
  });

  test('in a weight when it is saved', async () => {
    const folder = path.join(scratchFolder(), 'run');
    const createTask = wrong((task) => {
      const inputs = spoiler(task, 6);
      const mean = task.weights.all['first/moving_mean']!;
      return {
        inputs: (...args) => inputs(...args),
        losses: ({ spoiler, ...others }) => {
          const parts = task.losses(others);
          mean.assign(mean.add(spoiler!));
          return parts;
        },
        // Would fail too, before the checkpoint does.
        validate: () => Promise.resolve({ score: 1, metrics: {}, pictures: [], images: [], examples: [] }),
      };
    });
    await expect(train(folder, changes, { createTask })).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('The tensor first/moving_mean has the value NaN') as string,
    });
    const { state } = await loadNewestCheckpoint(runFiles(folder).checkpoints, ({ what }) =>
      expect.fail(what),
    );
    expect(state.step).toBe(5);
  });
});

test('out of memory: exit code 4, and which settings to lower', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const greedy: CreateTask<TinyConfig> = (config, data) => {
    const task = createTinyTask(config, data);
    return {
      ...task,
      dispose: () => task.dispose(),
      // 2^52 numbers.
      losses: (inputs) => {
        const parts = task.losses(inputs);
        const huge = tf
          .fill([2 ** 26, 2 ** 26], 1)
          .add(parts.loss)
          .mean();
        return { ...parts, loss: parts.loss.add<tf.Scalar>(huge) };
      },
    };
  };
  await expect(train(folder, changes, { createTask: greedy })).rejects.toMatchObject({
    exitCode: 4,
    hint: expect.stringContaining('loader.batchSize (now 4) or loader.cropSize (now 32)') as string,
  });
  expect(readStatus(folder)).toMatchObject({ state: 'failed', exitCode: 4 });
});

test('a single image for training and validation, in batches larger than the dataset', async () => {
  const sample = scratchFolder();
  for (const name of ['c-5c6eb9a4.png', 'c-5c6eb9a4_masks.png'])
    copyFileSync(path.join('examples/dsb2018-mini', name), path.join(sample, name));
  const data = { path: sample, split: 'none' };
  const folder = path.join(scratchFolder(), 'run');
  const reported = await train(folder, { budget: { steps: 2 }, data: { ...data, trainOnAll: true } });
  expect(reported.find(({ event }) => event === 'started')).toMatchObject({
    images: { train: 1, validation: 1 },
  });
  expect(reported.at(-1)).toMatchObject({ ending: 'steps', step: 2 });
  expect(readFileSync(runFiles(folder).log, 'utf8')).toContain('scores are not of unseen images');
  await expect(train(path.join(scratchFolder(), 'run'), { data })).rejects.toMatchObject({
    exitCode: 3,
    message: 'No image is left for training: the validation fold has the only image.',
  });
});

test('an eager run computes what a compiled one does', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const short = { ...changes, budget: { steps: 3 } };
  const reported = await train(folder, short, { mode: 'eager' });
  const losses = stepsOf(reported).map(({ loss }) => loss);
  for (const [index, { loss }] of stepsOf(events).slice(0, 3).entries())
    expect(losses[index]).toBeCloseTo(loss, 4);
});

test('a run leaves no tensor behind', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const before = tf.memory().numTensors;
  await train(folder, { ...changes, budget: { steps: 2 } });
  expect(tf.memory().numTensors).toBe(before);
  expect(existsSync(folder)).toBe(true);
});
