import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { type Runtime, startRuntime } from '../../src/engine/runtime.js';
import { openTruth } from '../../src/eval/sources/open.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import { finetune, resumeFinetune } from '../../src/finetune/finetune.js';
import type { FinetuneDataset } from '../../src/finetune/finetune-data.js';
import type { FinetuneEnded, FinetuneEvent, FinetuneStarted } from '../../src/finetune/finetune-events.js';
import type { FinetuneOptions, NewFinetuneOptions } from '../../src/finetune/finetune-options.js';
import { readTrainingData } from '../../src/data/loader/training-data.js';
import { findNetworks, pairNetworks } from '../../src/model/find-networks.js';
import { readLabelImage, writeLabelImage } from '../../src/data/image/label-io.js';
import { meanWeights } from '../../src/model/mean-weights.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { modelPrediction } from '../../src/model/model-prediction.js';
import { packModel } from '../../src/model/pack-model.js';
import type { StoredTensors } from '../../src/safetensors/tensor.js';
import { scratchFolder } from '../run/scratch.js';
import { writeDiscs, writeSmallModel } from './small-finetune.js';

// Each fine-tuning compiles two networks four times.
vi.setConfig({ testTimeout: 300_000 });

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime('cpu');
}, 120_000);

/** A folder with a model, a dataset of `count` images, and places for the results. */
async function laboratory(count: number) {
  const folder = scratchFolder();
  const model = await writeSmallModel(path.join(folder, 'model'));
  const data = await writeDiscs(path.join(folder, 'mine'), count);
  return { folder, model, data, out: path.join(folder, 'out'), run: path.join(folder, 'run') };
}

type Laboratory = Awaited<ReturnType<typeof laboratory>>;

/** Fine-tunes for some steps; collects the events. */
async function tuned(
  { model, data, out, run }: Laboratory,
  { dataset, ...options }: Partial<NewFinetuneOptions> & { dataset?: Partial<FinetuneDataset> } = {},
) {
  const events: FinetuneEvent[] = [];
  const ended = await finetune(
    model,
    { paths: [data], ...dataset },
    {
      ...{ runtime, out, folder: run, budget: { steps: 5 } },
      ...options,
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    },
  );
  return { ended, events, plan: events.find((event): event is FinetuneStarted => event.event === 'plan')! };
}

/** What `nucleate eval` says of a model on some images. */
async function evalScore(model: string, data: string, ids: readonly string[]): Promise<number> {
  const truth = await openTruth(data);
  const prediction = modelPrediction(pairNetworks((await findNetworks(model))!, undefined), truth);
  const { targets } = await scoreSources(truth, [prediction], { selection: { ids } });
  await prediction.close();
  await truth.close();
  return targets[0]!.evaluation.score;
}

const finished = (ended: FinetuneEnded) => {
  if (ended.ending !== 'finished') throw new Error(`Expected the end, but it was stopped by ${ended.ending}`);
  return ended;
};

const weightsOf = (model: string) =>
  ['detector', 'segmenter'].map((stage) =>
    readFileSync(path.join(model, `${stage}.safetensors`)).toString('base64'),
  );

const largestDifference = (one: StoredTensors, other: StoredTensors) =>
  Math.max(
    ...[...one].flatMap(([name, { data }]) =>
      [...(data as Float32Array)].map((value, at) => Math.abs(value - Number(other.get(name)!.data[at]))),
    ),
  );

test('six images: one is left out, scored before and after as eval scores it, and the model has a card', async () => {
  const lab = await laboratory(6);
  const { ended, plan, events } = await tuned(lab);
  const { validatesOn, learnsFrom, before, steps } = plan;
  expect(validatesOn.unseen).toBe(true);
  expect([learnsFrom.images, validatesOn.images]).toEqual([5, 1]);
  expect(steps).toEqual({ detector: 5, segmenter: 3 });
  expect(before.score).toBe(await evalScore(lab.model, lab.data, validatesOn.ids));

  const result = finished(ended);
  expect(result.before).toEqual(before);
  expect(result.after.score).toBe(await evalScore(lab.out, lab.data, validatesOn.ids));
  expect(result).toMatchObject({ model: lab.out, isOptimistic: false, groups: validatesOn.images });
  expect(events.at(-1)).toEqual(ended);
  const order = [...new Set(events.map((event) => (event.event === 'training' ? event.stage : event.event)))];
  expect(order).toEqual([
    ...['reading', 'scoring', 'measuring', 'plan', 'detector', 'segmenter', 'packing', 'choosing', 'ended'],
  ]);

  const { file } = await readModelFolder(lab.out);
  expect(file).toMatchObject({
    name: 'out',
    detector: { origin: { run: 'run/detector', step: 5 }, config: { data: { trainOnAll: false } } },
    segmenter: {
      origin: { run: '0.5 of run/segmenter, 0.5 of what it began from', step: 3, score: null },
    },
  });
  expect(file.detector.sizes).toBeDefined();
  const trained = path.join(lab.folder, 'trained');
  const [detector, segmenter] = [path.join(lab.run, 'detector'), path.join(lab.run, 'segmenter')];
  await packModel({
    ...{ detector, segmenter, folder: trained },
    ...{ precision: 'float32', portable: false, now: new Date(0) },
  });
  const [made, learnt, began] = await Promise.all([lab.out, trained, lab.model].map(readModelFolder));
  expect(largestDifference(made!.detector, learnt!.detector)).toBeLessThan(1e-3);
  const half = meanWeights(learnt!.segmenter, began!.segmenter, 0.5);
  expect(largestDifference(made!.segmenter, half)).toBeLessThan(1e-3);
  expect(largestDifference(learnt!.segmenter, half)).toBeGreaterThan(1e-3);
  // The model that it began with has learnt; the model itself is as it was.
  expect(weightsOf(lab.out)).not.toEqual(weightsOf(lab.model));
  expect(readdirSync(lab.run).sort()).toEqual([
    ...['detector', 'finetune.json', 'report.html', 'result.json', 'run.lock', 'segmenter', 'split.json'],
  ]);
  expect(readFileSync(result.report, 'utf8')).toContain(validatesOn.ids[0]);
});

test('three images: all are learnt from, and the scores are said to mean little', async () => {
  const lab = await laboratory(3);
  const { ended, plan } = await tuned(lab);
  expect(plan.learnsFrom).toMatchObject({ images: 3, nuclei: 12, replayed: 0 });
  expect(plan.validatesOn).toMatchObject({ images: 3, unseen: false });
  expect(finished(ended).isOptimistic).toBe(true);
  expect((await readModelFolder(lab.out)).file.detector.config.data.trainOnAll).toBe(true);

  // The new model remembers them.
  const stop = new AbortController();
  const { events } = await tuned(
    { ...lab, model: lab.out, out: path.join(lab.folder, 'next'), run: path.join(lab.folder, 'run-2') },
    { stop: stop.signal, onEvent: ({ event }) => event === 'scoring' && stop.abort('SIGINT') },
  );
  const warnings = events.flatMap((event) => (event.event === 'warning' ? event.text : []));
  expect(warnings.join()).toContain(`3 of 3 images trained ${lab.out} or a network that it began from`);
});

test('one image is enough; a result that is no better is said to be none, and ends as any other', async () => {
  const lab = await laboratory(1);
  const model = await writeSmallModel(path.join(lab.folder, 'blind'), { scoreThreshold: 1 });
  const { ended } = await tuned({ ...lab, model }, { budget: { steps: 1 } });
  expect(finished(ended)).toMatchObject({
    ...{ difference: 0, isBetter: false, interval: null, groups: 1 },
    before: { score: 0, precision: null, recall: 0 },
    after: { score: 0 },
  });
  expect(existsSync(path.join(lab.out, 'model.json'))).toBe(true);
});

test('stopped in each training and resumed, it makes the same model to the bit', async () => {
  const lab = await laboratory(5);
  await tuned(lab, { dataset: { replay: await writeDiscs(path.join(lab.folder, 'old'), 2, { seed: 2 }) } });
  const whole = weightsOf(lab.out);
  const again = { ...lab, out: path.join(lab.folder, 'again'), run: path.join(lab.folder, 'run-2') };
  const stops = (stage: string, step: number): Pick<FinetuneOptions, 'stop' | 'onEvent'> => {
    const stop = new AbortController();
    const onEvent = (event: FinetuneEvent) => {
      if (event.event !== 'training' || event.stage !== stage || event.about.event !== 'step') return;
      if (event.about.step === step) stop.abort('SIGINT');
    };
    return { stop: stop.signal, onEvent };
  };
  const dataset = { replay: path.join(lab.folder, 'old') };
  const first = await tuned(again, { dataset, ...stops('detector', 2) });
  expect(first.ended).toEqual({ event: 'ended', ending: 'SIGINT', folder: again.run });
  expect(first.plan.learnsFrom.replayed).toBe(2);
  const second = await resumeFinetune(again.run, { runtime, ...stops('segmenter', 1) });
  expect(second.ending).toBe('SIGINT');
  expect(existsSync(again.out)).toBe(false);
  // The place of the model may be another one by then.
  const moved = path.join(lab.folder, 'moved');
  const third = finished(await resumeFinetune(again.run, { runtime, out: moved }));
  expect(third.model).toBe(moved);
  expect(weightsOf(moved)).toEqual(whole);
  expect(existsSync(again.out)).toBe(false);

  // What has ended is not repeated; a model that was written before the result is not written again.
  expect(await resumeFinetune(again.run, { runtime })).toEqual(third);
  await expect(resumeFinetune(again.run, { runtime, out: again.out })).rejects.toMatchObject({
    message: `The fine-tuning has ended; its model was written to ${moved}.`,
    exitCode: 2,
  });
});

test('a kill after the model was written: the resumed one writes the result alone', async () => {
  const lab = await laboratory(4);
  const { ended } = await tuned(lab);
  const { result, report } = { result: path.join(lab.run, 'result.json'), report: finished(ended).report };
  const written = readFileSync(path.join(lab.out, 'model.json'));
  for (const file of [result, report]) rmSync(file);
  expect(finished(await resumeFinetune(lab.run, { runtime }))).toEqual(ended);
  expect(readFileSync(path.join(lab.out, 'model.json'))).toEqual(written);
});

test('bad input: one sentence, and nothing is written', async () => {
  const lab = await laboratory(4);
  const nothing = await writeDiscs(path.join(lab.folder, 'nothing'), 2, { empty: true });
  const split = path.join(lab.folder, 'split.json');
  const [each, none] = [['each'], ['']];
  const empty = { dataset: '0', seed: 1, folds: 2, images: {} };
  writeFileSync(split, JSON.stringify(empty));
  const cases = [
    [lab, { out: lab.model }, 'The folder for the model already exists.', 2],
    [lab, { out: '/proc/models/mine' }, 'The file or folder cannot be written', 8],
    [lab, { out: path.join(split, 'mine') }, 'The file or folder cannot be written', 8],
    [{ ...lab, model: lab.data }, {}, 'This folder is not a model folder.', 6],
    [{ ...lab, data: nothing }, {}, 'The dataset has no nucleus to learn from.', 3],
    [lab, { dataset: { replay: nothing } }, 'The dataset has no nucleus to learn from.', 3],
    [lab, { dataset: { split: { path: split, fold: 0 } } }, 'The split does not match the dataset.', 3],
    [lab, { dataset: { reading: { channel: none } } }, 'How the datasets are read cannot be understood', 2],
    [lab, { dataset: { reading: { plane: each } } }, 'A dataset has one image of each file', 2],
  ] as const;
  for (const [place, options, message, exitCode] of cases) {
    await expect(tuned(place, options), message).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
      exitCode,
    });
  }
  expect(existsSync(lab.run)).toBe(false);
  expect(existsSync(lab.out)).toBe(false);
  await expect(resumeFinetune(lab.folder, { runtime })).rejects.toMatchObject({
    message: 'There is no fine-tuning to resume here.',
    exitCode: 2,
  });
});

test('images that have changed since it began are refused', async () => {
  const lab = await laboratory(4);
  const stop = new AbortController();
  await tuned(lab, { stop: stop.signal, onEvent: ({ event }) => event === 'plan' && stop.abort('SIGTERM') });
  await writeDiscs(lab.data, 4, { seed: 3 });
  await expect(resumeFinetune(lab.run, { runtime })).rejects.toMatchObject({
    message: 'The images or their masks have changed since the fine-tuning began.',
    exitCode: 3,
  });
});

test('several datasets: their images are told apart, and one split is drawn of all', async () => {
  const lab = await laboratory(2);
  const more = await writeDiscs(path.join(lab.folder, 'more'), 3, { seed: 2 });
  // Both have an image-1 and an image-2.
  const { plan } = await tuned(lab, { dataset: { paths: [lab.data, more] } });
  expect(plan.learnsFrom.images + plan.validatesOn.images).toBe(5);
  expect(plan.validatesOn.ids[0]).toMatch(/^(?:[12]-image-[12]|image-3)$/u);

  // What is recorded finds the same images in the same folds.
  const { config, origin } = (await readModelFolder(lab.out)).file.detector;
  expect(config.data).toMatchObject({ path: lab.data, more: [more] });
  const again = await readTrainingData(config.data, { seed: 1 });
  expect(origin.dataset.startsWith(`${again.identity}/`)).toBe(true);
  expect(again.validation.map(({ id }) => id)).toEqual(plan.validatesOn.ids);

  // A split of all of them is taken, too.
  const fold = config.data.validationFold;
  const other = { ...lab, out: `${lab.out}-2`, run: `${lab.run}-2` };
  const split = { path: config.data.split, fold };
  const given = await tuned(other, { dataset: { paths: [lab.data, more], split } });
  expect(given.plan.validatesOn.ids).toEqual(plan.validatesOn.ids);
});

test('masks are read as it is told, also where it is resumed, and so it is recorded', async () => {
  const lab = await laboratory(4);
  // All discs of an image have one value: a foreground mask.
  for (let index = 1; index <= 4; index++) {
    const file = path.join(lab.data, `image-${index}_masks.png`);
    const { labels, ...size } = await readLabelImage(file);
    await writeLabelImage(file, { ...size, labels: labels.map((label) => (label > 0 ? 1 : 0)) });
  }
  await expect(tuned(lab)).rejects.toMatchObject({ exitCode: 3 });
  const stop = new AbortController();
  const reading = { labelImages: 'pieces' as const };
  const { plan } = await tuned(lab, {
    ...{ dataset: { reading }, stop: stop.signal },
    onEvent: ({ event }) => event === 'plan' && stop.abort('SIGTERM'),
  });
  expect(plan.validatesOn.nuclei).toBe(4);
  finished(await resumeFinetune(lab.run, { runtime }));
  expect((await readModelFolder(lab.out)).file.segmenter.config.data).toMatchObject(reading);
});
