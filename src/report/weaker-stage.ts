import type { EvalTarget } from './eval-document.js';
import { formatDifference } from './numbers.js';

/** What a perfect detector and a perfect segmenter would gain, in words; null without an ablation. */
export function weakerStage({ ablation, score }: Pick<EvalTarget, 'ablation' | 'score'>): string | null {
  if (ablation === null) return null;
  const gains = { detector: ablation.trueBoxes - score, segmenter: ablation.trueMasks - score };
  const gained = `true boxes would gain ${formatDifference(gains.detector)}, true masks ${formatDifference(gains.segmenter)}`;
  if (gains.detector === gains.segmenter) return `${gained}: both stages cost alike`;
  return `${gained}: the ${gains.detector > gains.segmenter ? 'detector' : 'segmenter'} costs more`;
}
