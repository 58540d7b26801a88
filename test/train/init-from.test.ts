import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateTask } from '../../src/train/train-request.js';
import { encodeSafetensors } from '../../src/safetensors/encode.js';
import { fromHalf, toHalf } from '../../src/safetensors/half.js';
import type { StoredTensor, StoredTensors } from '../../src/safetensors/tensor.js';
import { tf } from '../../src/tf.js';
import { loadCheckpoint } from '../../src/run/checkpoints/read.js';
import { saveCheckpoint } from '../../src/run/checkpoints/write.js';
import { runFiles } from '../../src/run/run-folder.js';
import type { Task } from '../../src/train/task.js';
import { useTinyRuns } from './tiny-run.js';
import { createTinyTask, type TinyConfig } from './tiny-task.js';

const train = useTinyRuns();

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-init-'));
const source = path.join(root, 'source');
beforeAll(async () => {
  await train(source, { budget: { steps: 3 } });
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

let runs = 0;

/** Starts a run from the weights of another; returns its folder, its notices, and the tensors of step 0. */
async function begin(
  from: string,
  {
    allowPartial = false,
    widen = false,
    createTask = createTinyTask,
  }: { allowPartial?: boolean; widen?: boolean; createTask?: CreateTask<TinyConfig> } = {},
) {
  const folder = path.join(root, `run-${runs++}`);
  const events = await train(
    folder,
    { budget: { steps: 1 }, seed: 5 },
    {
      createTask,
      place: { kind: 'new', folder, configText: '', resolvedText: '', init: { from, allowPartial, widen } },
    },
  );
  const { tensors } = await loadCheckpoint(path.join(runFiles(folder).checkpoints, 'step-000000000'));
  const notices = events.flatMap((event) => (event.event === 'notice' ? [event.text] : []));
  return { folder, notices, tensors };
}

const last = () => path.join(runFiles(source).checkpoints, 'step-000000003');
const sorted = (tensors: StoredTensors) =>
  new Map([...tensors].sort(([one], [other]) => (one < other ? -1 : 1)));

test('a run starts from the averaged weights and the statistics of another, and from nothing else', async () => {
  const { tensors, notices, folder } = await begin(source);
  const { tensors: given } = await loadCheckpoint(last());
  expect(sorted(tensors.weights)).toEqual(sorted(given.ema));
  expect(sorted(tensors.ema)).toEqual(sorted(given.ema));
  expect(tensors.statistics).toEqual(given.statistics);
  expect(
    [...tensors.optimizer.get('adam-mean/first/kernel')!.data].every((value) => Number(value) === 0),
  ).toBe(true);
  expect(notices).toContain(`10 of 10 weights are from ${last()}`);
  const environment = JSON.parse(readFileSync(runFiles(folder).environment, 'utf8')) as object;
  expect(environment).toMatchObject({ initFrom: source });
});

/** The tiny task with one weight more, and without one of its own by the name that a checkpoint has. */
const renamed: CreateTask<TinyConfig> = (config, data) => {
  const task = createTinyTask(config, data);
  const swap = (weights: Readonly<Record<string, tf.Variable>>) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name === 'logits/bias' ? 'head/bias' : name, weight]),
    );
  const { all, trainable } = task.weights;
  return {
    ...task,
    dispose: () => task.dispose(),
    weights: { all: swap(all), trainable: swap(trainable) },
    validate: () => Promise.resolve({ score: 0, metrics: {}, pictures: [], images: [], examples: [] }),
  };
};

test('a network that differs is rejected with each difference, unless --allow-partial is given', async () => {
  await expect(begin(source, { createTask: renamed })).rejects.toMatchObject({
    exitCode: 6,
    message: 'The checkpoint does not fit the network: it has 9 of 10 weights.',
    hint: expect.stringContaining('--allow-partial') as string,
    problems: [{ what: 'The checkpoint lacks head/bias.' }, { what: 'The network has no logits/bias.' }],
  });
  const { tensors, notices } = await begin(last(), { createTask: renamed, allowPartial: true });
  const { tensors: given } = await loadCheckpoint(last());
  expect(notices).toContain(`9 of 10 weights are from ${last()}; 2 do not fit`);
  expect(tensors.weights.get('first/kernel')).toEqual(given.ema.get('first/kernel'));
  expect(tensors.weights.get('head/bias')!.data).toEqual(Float32Array.of(0));
});

test('a narrower network is widened by the task, which may reject it', async () => {
  const widening =
    (widen: Task['widen']): CreateTask<TinyConfig> =>
    (config, data) => ({ ...createTinyTask(config, data), ...(widen && { widen }) });
  await expect(begin(source, { widen: true })).rejects.toMatchObject({
    exitCode: 2,
    message: 'Only the weights of a detector with a pyramid can be widened.',
  });
  await expect(begin('published.weights.h5', { widen: true })).rejects.toMatchObject({
    exitCode: 2,
    message: 'The weights of a published network cannot be widened.',
  });
  const reject = () => {
    throw new RangeError('there is no stem');
  };
  await expect(begin(source, { widen: true, createTask: widening(reject) })).rejects.toMatchObject({
    exitCode: 6,
    message: 'The weights cannot be widened: there is no stem.',
  });
  const bias = { dtype: 'F32', shape: [1], data: Float32Array.of(0.25) } as const;
  const createTask = widening((narrow) => new Map([...narrow, ['logits/bias', bias]]));
  const { tensors, notices } = await begin(last(), { widen: true, createTask });
  expect(notices).toContain(`10 of 10 weights are from ${last()}, widened`);
  expect(tensors.weights.get('logits/bias')!.data).toEqual(bias.data);
  const plain = await begin(last(), { createTask });
  expect(plain.tensors.weights.get('logits/bias')!.data).not.toEqual(bias.data);
});

test('no checkpoint, and a damaged one: exit code 6', async () => {
  await expect(begin(root)).rejects.toMatchObject({ exitCode: 6, message: 'There is no checkpoint here.' });
  const file = path.join(last(), 'weights.safetensors');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(1));
  await expect(begin(last())).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringMatching(/^The checkpoint is damaged: weights\.safetensors has/u) as string,
  });
  writeFileSync(file, bytes);
});

test('a network of a model folder: float16 becomes float32, and averages start from the same values', async () => {
  const { tensors: given } = await loadCheckpoint(last());
  const packed = toHalf(new Map([...given.ema, ...given.statistics]));
  const file = path.join(root, 'detector.safetensors');
  writeFileSync(file, Buffer.concat(encodeSafetensors(packed)));
  const { tensors, notices } = await begin(file);
  const expected = sorted(fromHalf(packed));
  expect(sorted(new Map([...tensors.weights, ...tensors.statistics]))).toEqual(expected);
  expect(sorted(tensors.ema)).toEqual(sorted(tensors.weights));
  expect(notices).toContain(`10 of 10 weights are from ${file}`);
});

test('weights that are damaged, missing or not named are rejected', async () => {
  const damaged = path.join(root, 'damaged.safetensors');
  writeFileSync(damaged, 'nothing');
  await expect(begin(damaged)).rejects.toMatchObject({ exitCode: 6, where: damaged });
  const missing = path.join(root, 'missing.safetensors');
  await expect(begin(missing)).rejects.toMatchObject({ exitCode: 8, where: missing });
  const hint = expect.stringContaining('models/nucleate-small/{detector,segmenter}.safetensors') as string;
  await expect(begin('models/nucleate-small')).rejects.toMatchObject({ exitCode: 6, hint });
});

test('tensors of another type do not fit, and NaN is refused by its name, also with --allow-partial', async () => {
  const { tensors: given } = await loadCheckpoint(last());
  const file = path.join(root, 'other.safetensors');
  const write = (tensor: StoredTensor) =>
    writeFileSync(
      file,
      Buffer.concat(encodeSafetensors(new Map([...given.ema, ...given.statistics, ['logits/bias', tensor]]))),
    );
  write({ dtype: 'F64', shape: [1], data: Float64Array.of(1) });
  await expect(begin(file)).rejects.toMatchObject({
    exitCode: 6,
    problems: [{ what: 'logits/bias is F32 [1] in the network, F64 [1] in the checkpoint.' }],
  });
  expect((await begin(file, { allowPartial: true })).notices).toContain(
    `9 of 10 weights are from ${file}; 1 do not fit`,
  );
  write({ dtype: 'F32', shape: [1], data: Float32Array.of(NaN) });
  await expect(begin(file, { allowPartial: true })).rejects.toMatchObject({
    exitCode: 5,
    where: file,
    message: 'The tensor logits/bias has the value NaN at index 0; no network can compute with it.',
  });
});

test.each(['weights', 'ema', 'optimizer', 'statistics'] as const)(
  'a run whose checkpoint lacks a tensor of %s is not resumed',
  async (group) => {
    const folder = path.join(root, `lacks-${group}`);
    await train(folder, { budget: { steps: 1 } });
    const { checkpoints } = runFiles(folder);
    const { tensors, state, manifest } = await loadCheckpoint(path.join(checkpoints, 'step-000000001'));
    const lacking = new Map([...tensors[group]].slice(1));
    const { config, dataset, versions, git } = manifest;
    const content = { state: { ...state, step: 2 }, score: null, origin: { config, dataset, versions, git } };
    await saveCheckpoint(
      checkpoints,
      { ...content, tensors: { ...tensors, [group]: lacking } },
      { keepLast: 5, now: new Date() },
    );
    const [lost] = tensors[group].keys();
    await expect(train(folder, { budget: { steps: 3 } })).rejects.toMatchObject({
      exitCode: 6,
      where: path.join(checkpoints, 'step-000000002', `${group}.safetensors`),
      problems: [{ what: `The file lacks ${lost}.` }],
    });
  },
);
