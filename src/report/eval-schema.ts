import { z } from 'zod';
import { errorKinds, type ErrorCounts } from '../eval/error-kinds.js';
import type { Metric } from '../eval/metrics/metric.js';
import { metrics, type MetricValues } from '../eval/metrics/metrics.js';
import { thresholdMetrics, type ThresholdValues } from '../eval/metrics/threshold-metrics.js';

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const difference = z.number().min(-1).max(1);

const Overlaps = z
  .strictObject({
    images: count.describe('Images with overlapping objects'),
    pixels: count.describe('Pixels claimed by several objects: the earlier object keeps them'),
    withoutPixels: count.describe('Objects that keep no pixel'),
  })
  .describe('Objects that overlap: a label image can give each pixel to one object only');

const Omission = z
  .array(
    z.strictObject({
      what: z.string().describe('In the plural'),
      count: count.describe('In the scored images'),
    }),
  )
  .readonly()
  .describe('What the annotations have besides nuclei, such as crowd regions of COCO; it is not scored');

const Errors = z
  .strictObject(
    shapeOf<ErrorCounts>(errorKinds.map(({ key, description }) => [key, count.describe(description)])),
  )
  .describe('Instances without a match at IoU 0.5 by kind');

const hits = {
  tp: z.array(count).readonly().describe('Matched pairs at each threshold'),
  fp: z.array(count).readonly().describe('Predicted instances without a match at each threshold'),
  fn: z.array(count).readonly().describe('True instances without a match at each threshold'),
};

const instanceCounts = {
  gtCount: count.describe('True instances'),
  predCount: count.describe('Predicted instances'),
};

const metricShape = shapeOf<MetricValues>(
  metrics.map((metric) => [metric.key, valueOf(metric, metric.range)]),
);

const thresholdShape = shapeOf<ThresholdValues>(
  thresholdMetrics.map((metric) => [metric.key, valueOf(metric, [0, 1])]),
);

/** The schemas of a list of values that have a key each. */
function shapeOf<Values>(entries: readonly (readonly [key: string, schema: z.ZodType])[]) {
  return Object.fromEntries(entries) as { [Key in keyof Values]: z.ZodType<Values[Key]> };
}

function valueOf(
  {
    description,
    specialCase,
    isNullable = false,
  }: Pick<Metric, 'description' | 'specialCase' | 'isNullable'>,
  [lowest, highest]: readonly [number, number],
): z.ZodType<number | null> {
  const above = Number.isFinite(lowest) ? z.number().min(lowest) : z.number();
  const within = Number.isFinite(highest) ? above.max(highest) : above;
  const words = specialCase === undefined ? description : `${description}; ${specialCase}`;
  return (isNullable ? within.nullable() : within).describe(words);
}

const pooled = {
  threshold: fraction.describe('IoU; a hit is above it'),
  tp: count,
  fp: count,
  fn: count,
  ...thresholdShape,
};

const summary = {
  imageCount: count,
  ...instanceCounts,
  bothEmptyCount: count.describe('Images where truth and prediction are both empty; they score 1'),
  ...metricShape,
  perThreshold: z
    .array(z.strictObject({ ...pooled, score: fraction.describe('Mean over images of TP / (TP + FP + FN)') }))
    .readonly(),
  errors: Errors,
};

const Image = z.strictObject({
  id: z.string(),
  cluster: z.string().optional().describe('Modality cluster; absent where unknown'),
  ...metricShape,
  ...instanceCounts,
  ...hits,
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
    .describe('Confidence interval of the difference: paired bootstrap over groups of images'),
  better: count.describe('Images that score higher than in the first target'),
  worse: count,
  equal: count,
  mostChanged: z
    .array(z.strictObject({ id: z.string(), before: fraction, after: fraction, difference }))
    .readonly()
    .describe('The 20 images with the largest change, largest first; images without change are left out'),
});

const boxMetric = fraction.nullable().describe('null where there is no true box');

const BoxRecall = z.strictObject({
  maxDetections: count.describe('Highest-scoring detections of each image that count'),
  atIou50: boxMetric,
  mean: boxMetric,
});

const boxSet = {
  imageCount: count,
  gtCount: count.describe('True boxes'),
  predCount: count.describe('Detections'),
  ap: boxMetric,
  ap50: boxMetric,
  ap75: boxMetric,
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
  .describe('COCO-style average precision (AP) and recall of boxes; null for predictions without scores');

const ablationSet = {
  gtCount: count.describe('True instances'),
  boxRecall: boxMetric.describe(
    'Fraction of true boxes that a detection above the score threshold hits at IoU >= 0.5; null where there is no true box',
  ),
  maskIou: boxMetric.describe(
    'Mean IoU of the masks predicted in the true boxes with their nuclei; null where there is no true box',
  ),
  trueBoxes: fraction.describe(
    'Score of the masks that the model predicts in the true boxes: as if the detector were perfect',
  ),
  trueMasks: fraction.describe(
    'Score of the true masks in the boxes of the model: as if the segmenter were perfect; a box that hits no nucleus at IoU >= 0.5 is an extra prediction',
  ),
};

const Ablation = z
  .strictObject({
    ...ablationSet,
    clusters: z.array(z.strictObject({ cluster: z.string(), ...ablationSet })).readonly(),
  })
  .nullable()
  .describe(
    'What each stage of a model costs (--ablation); null without --ablation, or where the target is no model',
  );

const Target = z.strictObject({
  path: z.string(),
  kind: z.string().describe('What the target was read as'),
  overlaps: Overlaps,
  leftOut: Omission,
  ...summary,
  thresholds: z.array(fraction).readonly(),
  clusters: z
    .array(z.strictObject({ cluster: z.string(), ...summary }))
    .readonly()
    .describe('One entry for each modality cluster; empty where none is known'),
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
    .describe('By area; a matched pair belongs to the size class of its true instance'),
  images: z.array(Image).readonly(),
  boxes: Boxes,
  ablation: Ablation,
  comparison: Comparison.nullable().describe('Comparison with the first target; null for the first'),
});

/** What `nucleate eval --json` prints. docs/eval-output.schema.json is made from it. */
export const EvalDocument = z
  .strictObject({
    schemaVersion: z.literal(2),
    data: z.strictObject({
      path: z.string(),
      kind: z.string(),
      imageCount: count,
      gtCount: count.describe('True instances'),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/u)
        .describe('Hash of the names and contents of all its files, those of images that are not scored too'),
      planes: z
        .strictObject({ channel: z.array(z.string()).readonly(), plane: z.array(z.string()).readonly() })
        .nullable()
        .describe('The channel and plane of its images that were chosen; null without a choice'),
      split: z
        .strictObject({ path: z.string(), fold: count.nullable().describe('null for all images') })
        .nullable()
        .describe('The split that images, clusters and groups are taken from; null for none'),
      overlaps: Overlaps,
      leftOut: Omission,
    }),
    warnings: z
      .array(z.string())
      .readonly()
      .describe('What makes scores doubtful, such as images that trained a model; they are also on stderr'),
    bootstrap: z.strictObject({
      resamples: count.describe('Number of bootstrap resamples'),
      level: fraction.describe('Confidence level: fraction of the resampled differences within the interval'),
      seed: count.describe('Seed of the random draws'),
      unit: z
        .enum(['image', 'group'])
        .describe(
          'What is resampled: single images, or groups of images that belong together, such as crops of one field',
        ),
      units: count.describe('Number of images or groups'),
    }),
    targets: z.array(Target).readonly().describe('In the order of the command line'),
  })
  .meta({ title: 'Output of nucleate eval --json' });
export type EvalDocument = z.output<typeof EvalDocument>;
export type EvalTarget = EvalDocument['targets'][number];
