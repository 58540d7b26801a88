import { z } from 'zod';
import { bootstrapResamples, compareImages, intervalLevel } from '../eval/compare.js';
import type { Scored, ScoredTarget } from '../eval/score-sources.js';
import type { Selection } from '../eval/selection.js';
import type { TruthSource } from '../eval/sources/source.js';
import { randomFor } from '../random.js';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const difference = z.number().min(-1).max(1);

const Overlaps = z
  .strictObject({
    images: count.describe('Images with at least one of the others'),
    pixels: count.describe('Pixels that objects had to leave to earlier ones'),
    withoutPixels: count.describe('Objects without a pixel of their own'),
  })
  .describe('What it took to make label images of objects that overlap');

const Errors = z
  .strictObject({
    missed: count.describe('True instances that nothing explains'),
    merged: count.describe('True instances that share a prediction with another one'),
    split: count.describe('True instances in several predictions'),
    extra: count.describe('Predictions that nothing explains'),
    merging: count.describe('Predictions over several true instances'),
    fragments: count.describe('Predictions within a split true instance'),
  })
  .describe('Instances without a match at threshold 0.5 by kind');

const hits = {
  tp: z.array(count).readonly().describe('Matched pairs at each threshold'),
  fp: z.array(count).readonly().describe('Predicted instances without a match at each threshold'),
  fn: z.array(count).readonly().describe('True instances without a match at each threshold'),
};

const instanceCounts = {
  gtCount: count.describe('True instances'),
  predCount: count.describe('Predicted instances'),
};

const pooled = {
  threshold: share.describe('IoU; a hit is above it'),
  tp: count,
  fp: count,
  fn: count,
  precision: share
    .nullable()
    .describe('TP / (TP + FP), instances of all images; null where nothing is predicted'),
  recall: share.nullable().describe('TP / (TP + FN), instances of all images; null where there is no truth'),
  f1: share.describe('2 TP / (2 TP + FP + FN), instances of all images; 1 where there are none'),
};

const meanMatchedIou = share.nullable().describe('Mean IoU of the pairs above 0.5; null where there is none');

const summary = {
  imageCount: count,
  ...instanceCounts,
  bothEmptyCount: count.describe('Images where truth and prediction are both empty; they score 1'),
  score: share.describe('Mean over images of the mean over thresholds of TP / (TP + FP + FN)'),
  perThreshold: z
    .array(z.strictObject({ ...pooled, score: share.describe('Mean over images of TP / (TP + FP + FN)') }))
    .readonly(),
  meanMatchedIou,
  aji: share.describe('Aggregated Jaccard index, mean over images'),
  panopticQuality: share.describe('Mean over images'),
  errors: Errors,
};

const Image = z.strictObject({
  id: z.string(),
  cluster: z.string().optional().describe('Modality cluster; absent where unknown'),
  score: share,
  ...instanceCounts,
  ...hits,
  meanMatchedIou,
  aji: share.describe('Aggregated Jaccard index; 1 where both are empty'),
  panopticQuality: share.describe('1 where both are empty'),
  errors: Errors,
  sizeClasses: z
    .array(z.strictObject({ ...instanceCounts, ...hits, errors: Errors }))
    .readonly()
    .describe('In the order of the sizeClasses of the target'),
  dropped: z
    .strictObject({ ...instanceCounts })
    .optional()
    .describe('Instances mostly in pixels that no expert has reviewed; they count nowhere'),
});

const Comparison = z.strictObject({
  difference: difference.describe('Score minus the score of the first target'),
  interval: z
    .strictObject({ low: difference, high: difference })
    .describe('Of the difference, by the paired bootstrap over groups of images'),
  better: count.describe('Images that score higher than in the first target'),
  worse: count,
  equal: count,
  mostChanged: z
    .array(z.strictObject({ id: z.string(), before: share, after: share, difference }))
    .readonly()
    .describe('At most 20 images, the largest change first; images without change are left out'),
});

const figure = share.nullable().describe('null where there is no true box');

const BoxRecall = z.strictObject({
  maxDetections: count.describe('Surest detections of each image that count'),
  atIou50: figure,
  mean: figure,
});

const boxSet = {
  imageCount: count,
  gtCount: count.describe('True boxes'),
  predCount: count.describe('Detections'),
  ap: figure,
  ap50: figure,
  ap75: figure,
  recall: z.array(BoxRecall).readonly(),
};

const sizeClass = {
  name: z.string(),
  minArea: count.describe('px, inclusive'),
  maxArea: count.nullable().describe('px, exclusive; null for no limit'),
};

const Boxes = z
  .strictObject({
    ...boxSet,
    clusters: z.array(z.strictObject({ cluster: z.string(), ...boxSet })).readonly(),
    sizeClasses: z
      .array(z.strictObject({ ...sizeClass, gtCount: boxSet.gtCount, recall: z.array(BoxRecall).readonly() }))
      .readonly(),
  })
  .nullable()
  .describe('Average precision and recall of boxes in the way of COCO; null for predictions without scores');

const ablationSet = {
  gtCount: count.describe('True instances'),
  boxRecall: figure.describe(
    'Share of true boxes that a sure enough detection hits at IoU >= 0.5; null where none is true',
  ),
  maskIou: figure.describe(
    'Mean IoU of the masks in the true boxes with their nuclei; null where none is true',
  ),
  trueBoxes: share.describe('Score of the masks of the model in the true boxes: with a perfect detector'),
  trueMasks: share.describe(
    'Score of the true masks in the boxes of the model: with a perfect segmenter; a box that hits no nucleus at IoU >= 0.5 is extra',
  ),
};

const Ablation = z
  .strictObject({
    ...ablationSet,
    clusters: z.array(z.strictObject({ cluster: z.string(), ...ablationSet })).readonly(),
  })
  .nullable()
  .describe(
    'Which stage costs how much (--ablation); null where it was not asked for, or the target is no model',
  );

const Target = z.strictObject({
  path: z.string(),
  kind: z.string().describe('What the target was read as'),
  overlaps: Overlaps,
  ...summary,
  thresholds: z.array(share).readonly(),
  clusters: z
    .array(z.strictObject({ cluster: z.string(), ...summary }))
    .readonly()
    .describe('One entry a modality cluster; empty where none is known'),
  sizeClasses: z
    .array(
      z.strictObject({
        ...sizeClass,
        ...instanceCounts,
        perThreshold: z.array(z.strictObject(pooled)).readonly(),
        errors: Errors,
      }),
    )
    .readonly()
    .describe('By area; a matched pair belongs to the class of its true instance'),
  images: z.array(Image).readonly(),
  boxes: Boxes,
  ablation: Ablation,
  comparison: Comparison.nullable().describe('With the first target; null for the first'),
});

/** What `nucleate eval --json` prints. docs/eval-output.schema.json is made from it. */
export const EvalDocument = z
  .strictObject({
    schemaVersion: z.literal(1),
    data: z.strictObject({
      path: z.string(),
      kind: z.string(),
      imageCount: count,
      gtCount: count.describe('True instances'),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/u)
        .describe('Over the names and contents of its files, of all its images'),
      split: z
        .strictObject({ path: z.string(), fold: count.nullable().describe('null for all images') })
        .nullable()
        .describe('The split whose images, clusters and groups these are; null for none'),
      overlaps: Overlaps,
    }),
    bootstrap: z.strictObject({
      resamples: count.describe('Times that the images are drawn anew'),
      level: share.describe('Share of the resampled differences within the interval'),
      seed: count.describe('Of the random draws'),
      unit: z
        .enum(['image', 'group'])
        .describe('What is drawn: an image, or the images of a group together, as crops of one field'),
      units: count.describe('How many there are of it'),
    }),
    targets: z.array(Target).readonly().describe('In the order of the command line'),
  })
  .meta({ title: 'Output of nucleate eval --json' });
export type EvalDocument = z.output<typeof EvalDocument>;
export type EvalTarget = EvalDocument['targets'][number];

/** Images of the `mostChanged` of a comparison. */
const mostChangedCount = 20;

/** Any fixed number: two runs of one comparison have to print the same interval. */
const bootstrapSeed = 1;

/** What was scored. */
export interface ScoredData {
  readonly truth: TruthSource;
  /** See {@link TruthSource.identity}. */
  readonly sha256: string;
  readonly selection: Selection;
  readonly split: EvalDocument['data']['split'];
}

/** Puts everything that was measured into one record, comparisons with the first target included. */
export function evalDocument(
  { truth, sha256, selection: { ids, groups }, split }: ScoredData,
  { truthOverlaps, targets }: Scored,
): EvalDocument {
  const first = targets[0]!;
  const units = groups ? new Set(ids.map((id) => groups.get(id) ?? `image ${id}`)).size : ids.length;
  return {
    schemaVersion: 1,
    data: {
      path: truth.path,
      kind: truth.kind,
      imageCount: first.evaluation.imageCount,
      gtCount: first.evaluation.gtCount,
      sha256,
      split,
      overlaps: truthOverlaps,
    },
    bootstrap: {
      ...{ resamples: bootstrapResamples, level: intervalLevel, seed: bootstrapSeed },
      ...{ unit: groups ? 'group' : 'image', units },
    },
    targets: targets.map((target) => ({
      path: target.source.path,
      kind: target.source.kind,
      overlaps: target.overlaps,
      ...target.evaluation,
      boxes: target.boxes,
      ablation: target.ablation,
      comparison: target === first ? null : comparison(first, target, groups),
    })),
  };
}

function comparison(first: ScoredTarget, target: ScoredTarget, groupOf: Selection['groups']) {
  const { images, ...figures } = compareImages(first.evaluation.images, target.evaluation.images, {
    random: randomFor(bootstrapSeed, 'bootstrap'),
    groupOf,
  });
  const changed = images.filter(({ difference }) => difference !== 0);
  return { ...figures, mostChanged: changed.slice(0, mostChangedCount) };
}
