import type { EvalDocument, EvalTarget } from '../report/eval-schema.js';

/** How well a model does on the validation images, or on one of them. */
export interface FinetuneScore {
  /** Challenge score. */
  readonly score: number;
  /** At IoU 0.5; null where nothing is predicted, or there is nothing to find. */
  readonly precision: number | null;
  readonly recall: number | null;
}

/** A model against the one that it began as, on the same images. */
export interface BeforeAndAfter {
  readonly before: FinetuneScore;
  readonly after: FinetuneScore;
}

/** How a fine-tuning has ended. */
export interface FinetuneResult extends BeforeAndAfter {
  /** The model folder. */
  readonly model: string;
  /** The page with the images that changed most. */
  readonly report: string;
  readonly difference: number;
  /** 95 % of the difference, over images that belong together; null where all belong together. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Whether the score has risen on the validation images. */
  readonly isBetter: boolean;
  /** Whether the validation images were learnt from: the scores then say little. */
  readonly isOptimistic: boolean;
  /** Whether the model that it began with had learnt from some of them: both scores are then optimistic. */
  readonly seenBefore: boolean;
  /** Of the validation: groups of images that belong together. */
  readonly groups: number;
  readonly images: readonly (BeforeAndAfter & { readonly id: string })[];
  /** How the thresholds were chosen, one sentence; and those that changed. */
  readonly thresholds: string;
  readonly changedSettings: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;
}

/** The numbers of two targets of a document, the model before and after. */
export function compareBeforeAndAfter({
  targets,
  bootstrap: { units: groups },
}: EvalDocument): Pick<
  FinetuneResult,
  'before' | 'after' | 'difference' | 'interval' | 'isBetter' | 'groups' | 'images'
> {
  const [before, after] = targets as [EvalTarget, EvalTarget];
  const { difference, interval } = after.comparison!;
  return {
    before: scoreOf(before),
    after: scoreOf(after),
    difference,
    interval: groups > 1 ? interval : null,
    isBetter: difference > 0,
    groups,
    images: before.images.map((image, index) => ({
      id: image.id,
      before: scoreOfImage(image),
      after: scoreOfImage(after.images[index]!),
    })),
  };
}

/** All images together. */
export const scoreOf = ({ score, perThreshold }: EvalTarget): FinetuneScore => {
  const { precision, recall } = perThreshold[0]!;
  return { score, precision, recall };
};

function scoreOfImage({ score, tp, fp, fn }: EvalTarget['images'][number]): FinetuneScore {
  const ratio = (part: number, rest: number) => (part + rest === 0 ? null : part / (part + rest));
  return { score, precision: ratio(tp[0]!, fp[0]!), recall: ratio(tp[0]!, fn[0]!) };
}
