/** What each stage of a model costs, as the terminal and the page show it. */
import type { Column } from './eval-columns.js';
import type { EvalTarget } from './eval-schema.js';
import { formatDifference, formatFraction } from './numbers.js';

/** A target, or its images of one cluster: what it scores, and what it would score with a perfect stage. */
export interface StageScores extends Omit<NonNullable<EvalTarget['ablation']>, 'clusters'> {
  readonly score: number;
}

export const stageColumns: readonly Column<StageScores>[] = [
  {
    heading: 'box recall',
    description: 'Fraction of true boxes that a detection above the score threshold hits at IoU 0.5',
    value: ({ boxRecall }) => boxRecall,
    format: formatFraction,
  },
  {
    heading: 'mask IoU',
    description: 'Mean IoU of the masks that the segmenter predicts in the true boxes',
    value: ({ maskIou }) => maskIou,
    format: formatFraction,
  },
  {
    heading: 'score',
    description: 'Challenge score of the model as it is',
    value: ({ score }) => score,
    format: formatFraction,
  },
  {
    heading: 'true boxes',
    description: 'Score of predicted masks in the true boxes: as if the detector were perfect',
    value: ({ trueBoxes }) => trueBoxes,
    format: formatFraction,
  },
  {
    heading: 'true masks',
    description: 'Score of true masks in the predicted boxes: as if the segmenter were perfect',
    value: ({ trueMasks }) => trueMasks,
    format: formatFraction,
  },
];

/** What a perfect detector and a perfect segmenter would gain, in words; null without an ablation. */
export function weakerStage({ ablation, score }: Pick<EvalTarget, 'ablation' | 'score'>): string | null {
  if (ablation === null) return null;
  const gains = { detector: ablation.trueBoxes - score, segmenter: ablation.trueMasks - score };
  const gained =
    `a perfect detector would change the score by ${formatDifference(gains.detector)}, ` +
    `a perfect segmenter by ${formatDifference(gains.segmenter)}`;
  if (gains.detector === gains.segmenter) return `${gained}: both cost the same`;
  return `${gained}: the ${gains.detector > gains.segmenter ? 'detector' : 'segmenter'} costs more`;
}
