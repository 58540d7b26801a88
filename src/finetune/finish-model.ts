import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import { meanWeights } from '../model/mean-weights.js';
import { buildModel } from '../model/model.js';
import { modelCard } from '../model/model-card.js';
import { type ModelFolder, readModelFolder, writeModelFolder } from '../model/model-folder.js';
import { packModel } from '../model/pack-model.js';
import { measureSizes } from '../model/trained-sizes.js';
import { collectCandidates } from '../model/tune-model.js';
import type { GroupedImage } from '../predict/held-out-score.js';
import { evalPage } from '../report/eval-page.js';
import { replaceSynced, writeError } from '../run/durable-files.js';
import { fromHalf, toHalf } from '../safetensors/half.js';
import type { FinetuneEnded } from './finetune-events.js';
import type { FinetuneProcess } from './finetune-options.js';
import { finetuneFiles, type FinetunePlan } from './finetune-plan.js';
import { compareBeforeAndAfter, type FinetuneResult } from './finetune-result.js';
import { chooseSettings, type OperatingPoint } from './operating-point.js';
import type { Prepared } from './prepare.js';
import { trainedFraction } from './recipe.js';
import { assembledPrediction, scoreValidation } from './scoring.js';

/**
 * Makes one model of both trained networks, chooses its thresholds, writes it, and compares it with the one that it began
 * as. All of it can be repeated after a kill: a model that is written already is not written again.
 *
 * @returns undefined if a signal stopped it.
 */
export async function finishModel(
  folder: string,
  plan: FinetunePlan,
  { stored, data, truth, before, seenBefore }: Prepared,
  process: FinetuneProcess,
): Promise<FinetuneEnded | undefined> {
  const files = finetuneFiles(folder);
  process.onEvent({ event: 'packing' });
  const packed = await pack(folder, plan, stored);
  const found = await findNuclei(packed, data, process);
  if (!found) return undefined;

  process.onEvent({ event: 'choosing' });
  const point = chooseSettings(stored.file, found, { unseen: data.unseen, now: plan.created });
  const images = found.map((image) => ({ ...image, settings: point.scoredWith(image.id) }));
  const after = assembledPrediction(images, { path: plan.out, kind: `fine-tuned from ${plan.model}` });
  const document = await scoreValidation(truth, [before, after], data);

  await writeModel(packed, { folder, plan, data, point });
  await writeFile(files.report, await evalPage(document, { truth, predictions: [before, after] }));
  const result: FinetuneResult = {
    model: plan.out,
    report: path.resolve(files.report),
    ...compareBeforeAndAfter(document),
    ...{ isOptimistic: !data.unseen, seenBefore },
    thresholds: point.how,
    changedSettings: changesOf(stored, point),
  };
  const ended: FinetuneEnded = { event: 'ended', ending: 'finished', folder, ...result };
  await writeFile(files.result, `${JSON.stringify(ended, null, 2)}\n`);
  await rm(files.packed, { recursive: true });
  return ended;
}

/** Both networks as one model; the weights of its segmenter are the mean of before and after, see {@link trainedFraction}. */
async function pack(folder: string, { created }: FinetunePlan, stored: ModelFolder): Promise<ModelFolder> {
  const { detector, segmenter, packed } = finetuneFiles(folder);
  if (!existsSync(packed)) {
    const { precision } = stored.file;
    await packModel({
      detector,
      segmenter,
      folder: packed,
      precision,
      portable: false,
      now: new Date(created),
    });
  }
  const made = await readModelFolder(packed);
  const mean = meanWeights(made.segmenter, stored.segmenter, trainedFraction);
  // As it will be read from the file, so that what is scored is what is written.
  return { ...made, segmenter: made.file.precision === 'float16' ? fromHalf(toHalf(mean)) : mean };
}

/** What the networks find in the validation images. */
async function findNuclei(
  { file, detector, segmenter }: ModelFolder,
  { validation, groups }: Prepared['data'],
  { mode, stop, onEvent }: FinetuneProcess,
): Promise<GroupedImage[] | undefined> {
  const model = buildModel({ file, detector, segmenter }, { mode });
  const images: GroupedImage[] = [];
  try {
    for (const example of validation) {
      if (stop.aborted) return undefined;
      images.push(...(await collectCandidates(model, [example], (id) => groups.get(id)!)));
      onEvent({ event: 'scoring', done: images.length, total: validation.length });
    }
    return images;
  } finally {
    model.dispose();
  }
}

/** Writes the model, unless this fine-tuning has written it before it was killed. */
async function writeModel(
  { file, detector, segmenter }: ModelFolder,
  {
    folder,
    plan: { out, created },
    data,
    point: { assemble, tuned },
  }: {
    readonly folder: string;
    readonly plan: FinetunePlan;
    readonly data: Prepared['data'];
    readonly point: OperatingPoint;
  },
): Promise<void> {
  if (existsSync(out)) {
    const written = await readModelFolder(out).catch(() => undefined);
    if (written?.file.created === created) return;
    throw new NucleateError({
      what: 'The folder for the model has been made by something else in the meantime.',
      where: out,
      hint: 'Move it away, then resume.',
      exitCode: exitCodes.usage,
    });
  }
  const run = path.basename(path.resolve(folder));
  const segmenterRun = `${trainedFraction} of ${run}/segmenter, ${1 - trainedFraction} of what it began from`;
  const sizes = measureSizes(data.train, file.detector.config.loader.zoom);
  const named = {
    ...{ ...file, name: path.basename(out), assemble, tuned },
    detector: {
      ...{ ...file.detector, origin: { ...file.detector.origin, run: `${run}/detector` } },
      ...(sizes && { sizes }),
    },
    // Nobody has validated the mean.
    segmenter: { ...file.segmenter, origin: { ...file.segmenter.origin, run: segmenterRun, score: null } },
  };
  await writeModelFolder(out, { file: named, detector, segmenter }, modelCard(named));
}

function changesOf({ file }: ModelFolder, { assemble }: OperatingPoint): FinetuneResult['changedSettings'] {
  const before = file.assemble as Record<string, unknown>;
  const after = Object.entries(assemble).filter(([key, value]) => before[key] !== value);
  return Object.fromEntries(after.map(([key, value]) => [key, { before: before[key], after: value }]));
}

const writeFile = (file: string, text: string) =>
  replaceSynced(file, text).catch((error: unknown) => {
    throw writeError(error, file);
  });
