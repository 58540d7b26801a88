import type { AssembleSettings } from '../config/assemble.js';
import type { Example } from '../data/read/example.js';
import { scoreSources } from '../eval/score-sources.js';
import type { PredictedInstances, PredictionSource, TruthSource } from '../eval/sources/source.js';
import { assemblePasted } from '../predict/assemble/assemble.js';
import type { TunedImage } from '../predict/tune-settings.js';
import { evalDocument } from '../report/eval-document.js';
import type { EvalDocument } from '../report/eval-schema.js';
import type { FinetuneData } from './finetune-data.js';

/** The validation images as the truth of a score. */
export function validationTruth({ validation, identity }: FinetuneData, path: string): TruthSource {
  const examples = new Map(validation.map((example) => [example.id, example]));
  return {
    path,
    kind: 'validation images of a fine-tuning',
    ids: [...examples.keys()],
    read: (id) => Promise.resolve(trueInstances(examples.get(id)!)),
    readImage: (id) => Promise.resolve(examples.get(id)!.image),
    identity: () => Promise.resolve(identity),
    close: () => Promise.resolve(),
  };
}

const trueInstances = ({ labelImage, ignore, cluster }: Example) => ({
  ...{ labelImage, withoutPixels: 0, overlapPixels: 0 },
  ...(ignore && { ignore }),
  ...(cluster !== undefined && { cluster }),
});

/** The same predictions, each computed once, without boxes. */
export function remembered(source: PredictionSource): PredictionSource {
  const known = new Map<string, PredictedInstances>();
  return {
    ...source,
    async read(id, size) {
      const { labelImage, withoutPixels, overlapPixels } = known.get(id) ?? (await source.read(id, size));
      const prediction = { labelImage, withoutPixels, overlapPixels };
      known.set(id, prediction);
      return prediction;
    },
  };
}

/** The nuclei that settings make of what networks have found. */
export function assembledPrediction(
  images: readonly (TunedImage & { readonly settings: AssembleSettings })[],
  { path, kind }: Pick<PredictionSource, 'path' | 'kind'>,
): PredictionSource {
  const byId = new Map(images.map((image) => [image.id, image]));
  return {
    ...{ path, kind, dataHash: null },
    ids: [...byId.keys()],
    read(id) {
      const { truth, pasted, settings } = byId.get(id)!;
      const { labelImage } = assemblePasted(truth, pasted, settings);
      return Promise.resolve({ labelImage, withoutPixels: 0, overlapPixels: 0 });
    },
    close: () => Promise.resolve(),
  };
}

/** Scores predictions of the validation images: the first set, and others compared with it. */
export async function scoreValidation(
  truth: TruthSource,
  predictions: readonly PredictionSource[],
  { groups, identity }: FinetuneData,
  onImage: (done: number) => void = () => {},
): Promise<EvalDocument> {
  const selection = {
    ids: truth.ids,
    groups: new Map(truth.ids.map((id) => [id, String(groups.get(id))])),
  };
  const scored = await scoreSources(truth, predictions, { selection, onImage });
  return evalDocument({ truth, sha256: identity, selection, split: null }, scored);
}
