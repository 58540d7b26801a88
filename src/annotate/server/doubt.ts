/** How unsure a model is of an image, for the queue that has the doubtful first. */
import type { AssembleSettings } from '../../config/assemble.js';
import { boxIou } from '../../data/geometry/box.js';
import type { Size } from '../../data/geometry/rect.js';
import type { Pixels } from '../../data/image/stored-image.js';
import { matchDetections } from '../../eval/box-matching.js';
import { maskOf } from '../../predict/assemble/candidate-mask.js';
import { type Candidate, pasteCandidate } from '../../predict/assemble/candidate.js';
import { boxArrays } from '../../predict/detect.js';
import type { Detection } from '../../predict/detection.js';
import type { NucleusPredictor } from '../../predict/nucleus-predictor.js';
import { mirroredView } from '../../predict/tta.js';

/** What a model sees in an image. */
export interface Sight {
  /** Detections with scores of at least {@link leastScore}, and their masks. */
  readonly candidates: readonly Candidate[];
  /** All detections, of the image and of its mirrored view; px of the image. */
  readonly detections: readonly Detection[];
  readonly mirrored: readonly Detection[];
}

/** Detections with a lower score are background to every model. */
const leastScore = 0.2;

/** Scores below this, and from {@link leastScore}, are near no decision. */
const sureScore = 0.8;

/** Looks at an image and at its mirrored view. */
export async function sightOf(predictor: NucleusPredictor, image: Pixels): Promise<Sight> {
  const { candidates, detections } = await predictor.candidates(image, leastScore);
  const mirrored = await predictor.detect(image, { views: [mirroredView] });
  return { candidates, detections, mirrored: mirrored.detections };
}

/**
 * The sum of three parts: of the detections, how many have a score near no decision; how much the boxes of both stages
 * differ (1 - IoU, mean over detections); and how much the mirrored view differs from the image (1 - F1 of the
 * detections that count as nuclei, at IoU 0.5).
 *
 * @param image Its size, px.
 * @returns 0 to 3; 0 where the model sees nothing either way.
 */
export function doubtOf(
  { candidates, detections, mirrored }: Sight,
  image: Size,
  settings: AssembleSettings,
): number {
  let [unsure, different] = [0, 0];
  for (const candidate of candidates) {
    if (candidate.score < sureScore) unsure += 1;
    const mask = maskOf(pasteCandidate(candidate, image), { ...settings, scoreThreshold: 0 });
    different += mask ? 1 - boxIou(mask.box, candidate.box) : 1;
  }
  const count = Math.max(1, candidates.length);
  const isNucleus = ({ score }: Detection) => score >= settings.scoreThreshold;
  return (
    (unsure + different) / count + disagreement(detections.filter(isNucleus), mirrored.filter(isNucleus))
  );
}

/** 1 - F1 at IoU 0.5; 0 where both are empty. */
function disagreement(one: readonly Detection[], other: readonly Detection[]): number {
  if (one.length + other.length === 0) return 0;
  const { matchedRanks } = matchDetections({ gtBoxes: boxArrays(one).predBoxes, ...boxArrays(other) });
  const matched = matchedRanks[0]!.reduce((sum, rank) => sum + (rank === -1 ? 0 : 1), 0);
  return 1 - (2 * matched) / (one.length + other.length);
}
