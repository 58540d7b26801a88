import type { TrainRound } from '../../annotate/protocol/messages.js';
import type { Notice } from '../editing/image-client.js';

/** What has to be read after a training that made the model worse; undefined if it did not, or nobody knows. */
export function scoreNotice(rounds: readonly TrainRound[]): Notice | undefined {
  const { before, after } = rounds.at(-1) ?? { before: null, after: null };
  if (before === null || after === null || after >= before) return undefined;
  return {
    kind: 'lost',
    error: `The score on the control images fell from ${before.toFixed(3)} to ${after.toFixed(3)}.`,
    hint: 'The model of before goes on answering. Train for more minutes: every training begins with the first model. Look for nuclei that were forgotten in reviewed regions.',
  };
}
