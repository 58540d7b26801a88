import { bootstrapResamples, compareImages, intervalLevel } from '../eval/compare.js';
import type { Scored, ScoredTarget } from '../eval/score-sources.js';
import type { Selection } from '../eval/selection.js';
import type { TruthSource } from '../eval/sources/source.js';
import { randomFor } from '../random.js';
import type { EvalDocument } from './eval-schema.js';

/** How many images a comparison lists. */
const mostChangedCount = 20;

/** Any fixed number, so that the same comparison always prints the same interval. */
const bootstrapSeed = 1;

/** What was scored. */
export interface ScoredData {
  readonly truth: TruthSource;
  /** See {@link TruthSource.identity}. */
  readonly sha256: string;
  readonly selection: Selection;
  readonly split: EvalDocument['data']['split'];
  /** See `EvalDocument`; default: none. */
  readonly warnings?: readonly string[];
}

/** All results in one document, with the comparisons of other targets with the first. */
export function evalDocument(
  { truth, sha256, selection: { ids, groups }, split, warnings = [] }: ScoredData,
  { truthOverlaps, truthLeftOut, targets }: Scored,
): EvalDocument {
  const first = targets[0]!;
  const units = groups ? new Set(ids.map((id) => groups.get(id) ?? `image ${id}`)).size : ids.length;
  return {
    schemaVersion: 2,
    data: {
      path: truth.path,
      kind: truth.kind,
      imageCount: first.evaluation.imageCount,
      gtCount: first.evaluation.gtCount,
      sha256,
      planes: truth.planes ?? null,
      split,
      overlaps: truthOverlaps,
      leftOut: truthLeftOut,
    },
    warnings,
    bootstrap: {
      ...{ resamples: bootstrapResamples, level: intervalLevel, seed: bootstrapSeed },
      ...{ unit: groups ? 'group' : 'image', units },
    },
    targets: targets.map((target) => ({
      path: target.source.path,
      kind: target.source.kind,
      overlaps: target.overlaps,
      leftOut: target.leftOut,
      ...target.evaluation,
      boxes: target.boxes,
      ablation: target.ablation,
      comparison: target === first ? null : comparison(first, target, groups),
    })),
  };
}

function comparison(first: ScoredTarget, target: ScoredTarget, groupOf: Selection['groups']) {
  const { images, ...changes } = compareImages(first.evaluation.images, target.evaluation.images, {
    random: randomFor(bootstrapSeed, 'bootstrap'),
    groupOf,
  });
  const changed = images.filter(({ difference }) => difference !== 0);
  return { ...changes, mostChanged: changed.slice(0, mostChangedCount) };
}
