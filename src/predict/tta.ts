/**
 * Test-time augmentation: views of an image, and how their boxes are combined.
 *
 * Source: Solovyev et al., Weighted boxes fusion, arXiv 1910.13302.
 */
import { type Box, boxIou, compareBoxes } from '../data/geometry/box.js';
import type { PredictSettings } from '../config/predict.js';
import { type LinearMap, viewMap } from '../data/geometry/linear-map.js';
import { BoxIndex } from '../data/geometry/box-index.js';

/** How an image is shown to the detector. */
export interface TtaView {
  /** From steps in the view to steps in the image at scale 1: a flip, a quarter turn, both or neither. */
  readonly turn: LinearMap;
  /** Additional magnification. */
  readonly scale: number;
  /** Whether black and white are exchanged. */
  readonly inverted: boolean;
}

const turned = (quarterTurns: readonly number[]) =>
  quarterTurns.flatMap((quarters) =>
    [false, true].map((flip) => viewMap({ scale: 1, quarterTurns: quarters, flip, angle: 0 })),
  );
const flips = turned([0, 2]);
const turns = turned([0, 1, 2, 3]);
const plainTurn = flips[0]!;

export const plainView: TtaView = { turn: plainTurn, scale: 1, inverted: false };

export const mirroredView: TtaView = { ...plainView, turn: flips[1]! };

/** Half an octave in all, well within the range of the scale augmentation in training. */
const scales = [1, 2 ** -0.25, 2 ** 0.25];

/** The plain view first, then every combination of the named ones. */
export function ttaViews(names: PredictSettings['tta']): TtaView[] {
  const turnsOf = names.includes('turns') ? turns : names.includes('flips') ? flips : [plainTurn];
  const scalesOf = names.includes('scales') ? scales : [1];
  const inversions = names.includes('polarity') ? [false, true] : [false];
  return inversions.flatMap((inverted) =>
    scalesOf.flatMap((scale) => turnsOf.map((turn) => ({ turn, scale, inverted }))),
  );
}

interface Scored {
  readonly box: Box;
  /** 0 to 1. */
  readonly score: number;
}

/** Boxes of two views with a higher IoU are of one nucleus; as in the source. */
export const fusedIou = 0.55;

/**
 * One box for each nucleus. In descending order of score, a box joins the nucleus with the highest IoU that has no box
 * of the same view yet, or starts a new nucleus. The box of a nucleus is the mean of its boxes, weighted by their
 * scores; its score is the mean over all views, with 0 for views without a box.
 *
 * @param views Boxes of each view, px of the image; the result does not depend on their order.
 * @returns Highest-scoring first.
 */
export function fuseViews(views: readonly (readonly Scored[])[]): Scored[] {
  const all = views.flatMap((boxes, view) => boxes.map((found) => ({ ...found, view })));
  all.sort(
    (one, other) => other.score - one.score || compareBoxes(one.box, other.box) || one.view - other.view,
  );
  const nuclei: { first: Box; members: typeof all }[] = [];
  const index = new BoxIndex();
  for (const found of all) {
    let [best, bestIou] = [-1, fusedIou];
    for (const id of index.near(found.box)) {
      const { first, members } = nuclei[id]!;
      const iou = boxIou(first, found.box);
      if (iou <= bestIou || members.some(({ view }) => view === found.view)) continue;
      [best, bestIou] = [id, iou];
    }
    if (best !== -1) nuclei[best]!.members.push(found);
    else {
      index.add(found.box, nuclei.length);
      nuclei.push({ first: found.box, members: [found] });
    }
  }
  const fused = nuclei.map(({ members }) => fuse(members, views.length));
  return fused.sort((one, other) => other.score - one.score || compareBoxes(one.box, other.box));
}

function fuse(members: readonly Scored[], views: number): Scored {
  const sum = members.reduce((total, { score }) => total + score, 0);
  const side = (key: keyof Box) =>
    members.reduce(
      (total, { box, score }) => total + (sum === 0 ? 1 / members.length : score / sum) * box[key],
      0,
    );
  return { box: { x1: side('x1'), y1: side('y1'), x2: side('x2'), y2: side('y2') }, score: sum / views };
}

/** The settings in words: `tta flips x scales`, `second pass`, `dark zoom 0.7`; empty for a plain prediction. */
export const describeTta = ({ tta, secondPass, darkZoom }: PredictSettings): string[] => [
  ...(tta.length > 0 ? [`tta ${tta.join(' x ')}`] : []),
  ...(secondPass ? ['second pass'] : []),
  ...(darkZoom === 1 ? [] : [`dark zoom ${darkZoom}`]),
];
