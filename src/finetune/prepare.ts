import type { PredictionSource, TruthSource } from '../eval/sources/source.js';
import { hasTrainedOn, pairNetworks, severalNetworks } from '../model/find-networks.js';
import { type ModelFolder, networksOf, readModelFolder } from '../model/model-folder.js';
import { modelPrediction } from '../model/model-prediction.js';
import { hasHistory, trainedOnSentence, unknownAncestors } from '../model/seen-images.js';
import { type FinetuneData, type FinetuneDataset, readFinetuneData } from './finetune-data.js';
import type { FinetuneStarted } from './finetune-events.js';
import type { FinetuneProcess } from './finetune-options.js';
import type { FinetunePlan } from './finetune-plan.js';
import { scoreOf } from './finetune-result.js';
import { remembered, scoreValidation, validationTruth } from './scoring.js';

/** The model, the images, and how well the model does on those that validate. */
export interface Prepared {
  readonly stored: ModelFolder;
  readonly data: FinetuneData;
  readonly truth: TruthSource;
  /** What the model finds in the validation images. */
  readonly before: PredictionSource;
  /** Whether it has learnt from some of them. */
  readonly seenBefore: boolean;
  /** How long that took. */
  readonly seconds: number;
}

/** @returns undefined if a signal stopped it. */
export async function prepare(
  model: string,
  dataset: FinetuneDataset,
  seed: number,
  { stop, onEvent }: FinetuneProcess,
): Promise<Prepared | undefined> {
  const stored = await readModelFolder(model);
  if (stored.others) throw severalNetworks(model);
  const { intensity } = stored.file.detector.config.data;
  const onImage = (done: number, total: number) => onEvent({ event: 'reading', done, total });
  const data = await readFinetuneData(dataset, { seed, intensity, onImage });
  for (const { what, hint = '' } of data.warnings)
    onEvent({ event: 'warning', text: `${what} ${hint}`.trim() });
  const began = performance.now();
  const truth = validationTruth(data, dataset.paths.join(', '));
  const { assemble, predict } = stored.file;
  const networks = pairNetworks({ path: model, ...networksOf(stored), assemble, predict }, undefined);
  const seen = hasHistory(stored.file)
    ? trainedOnSentence(stored.file, data.validation, model)
    : hasTrainedOn(networks, { sha256: data.identity, fold: undefined })
      ? `${model} was trained on some of these images: its score is optimistic.`
      : undefined;
  for (const text of [seen, unknownAncestors(stored.file, model)])
    if (text !== undefined) onEvent({ event: 'warning', text });
  const before = remembered(modelPrediction(networks, truth));
  for (const [index, example] of data.validation.entries()) {
    if (stop.aborted) {
      await before.close();
      return undefined;
    }
    await before.read(example.id, example.labelImage);
    onEvent({ event: 'scoring', done: index + 1, total: data.validation.length });
  }
  return {
    stored,
    data,
    truth,
    before,
    seenBefore: seen !== undefined,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Says what will be done, and how well the model does without it. */
export async function startedEvent(
  folder: string,
  plan: FinetunePlan,
  { data, truth, before }: Prepared,
  seconds: FinetuneStarted['seconds'],
): Promise<FinetuneStarted> {
  const { train, validation, replayed, unseen } = data;
  const own = train.slice(0, train.length - replayed);
  const nuclei = (examples: typeof train) =>
    examples.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  const { targets } = await scoreValidation(truth, [before], data);
  return {
    ...{ event: 'plan', folder, resumed: seconds === null, model: plan.model, out: plan.out },
    learnsFrom: { images: own.length, nuclei: nuclei(own), replayed },
    validatesOn: {
      images: validation.length,
      nuclei: nuclei(validation),
      ids: validation.map(({ id }) => id),
      unseen,
    },
    steps: plan.steps,
    seconds,
    before: scoreOf(targets[0]!),
  };
}
