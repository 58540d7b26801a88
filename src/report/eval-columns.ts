/** Columns of the tables about targets, the same in the terminal and on the page. */
import { errorKinds, type ErrorCounts } from '../eval/error-kinds.js';
import { metrics, type MetricValues } from '../eval/metrics/metrics.js';
import { score } from '../eval/metrics/score.js';
import { thresholdMetrics, type ThresholdValues } from '../eval/metrics/threshold-metrics.js';
import type { EvalTarget } from './eval-schema.js';
import { formatFraction } from './numbers.js';

/** What the descriptions of columns take as known. */
export const countTerms = {
  heading: 'TP, FP, FN',
  description:
    'Nuclei with a prediction of IoU above the threshold, predictions without one, nuclei without one',
};

/** A column of values; `Row` is what a row of its table is about. */
export interface Column<Row> {
  readonly heading: string;
  /** What the value is; one line without a full stop. */
  readonly description: string;
  readonly value: (row: Row) => number | null;
  readonly format: (value: number | null) => string;
}

/** The kinds of errors that tables show, in their order; merging predictions and fragments would tell the same twice. */
export const shownErrors = (['missed', 'extra', 'merged', 'split'] as const).map((key) =>
  errorKinds.find((kind) => kind.key === key)!,
);

export const errorColumns: readonly Column<{ readonly errors: ErrorCounts }>[] = shownErrors.map(
  ({ key, description }) => ({
    heading: key,
    description: `${description}, at IoU 0.5`,
    value: ({ errors }) => errors[key],
    format: String,
  }),
);

export const metricColumns: readonly Column<MetricValues>[] = metrics.map(({ key, label, description }) => ({
  heading: label,
  description,
  value: (values) => values[key],
  format: formatFraction,
}));

/** Stands before the comparison with the first target. */
export const scoreColumn = metricColumns.find(({ heading }) => heading === score.label)!;
const otherMetricColumns = metricColumns.filter((column) => column !== scoreColumn);

export const thresholdColumns: readonly Column<ThresholdValues>[] = thresholdMetrics.map(
  ({ key, label, description }) => ({
    heading: label,
    description,
    value: (values) => values[key],
    format: formatFraction,
  }),
);

/** What follows the score and the comparison in the overview of targets. */
export const overviewColumns: readonly Column<EvalTarget>[] = [
  ...thresholdMetrics.flatMap(({ overviewPercent }, index): Column<EvalTarget>[] => {
    if (overviewPercent === undefined) return [];
    const { heading, description, value, format } = thresholdColumns[index]!;
    const threshold = overviewPercent / 100;
    return [
      {
        heading: `${heading} @${threshold}`,
        description: `${description}, at IoU ${threshold}`,
        value: ({ thresholds, perThreshold }) => value(perThreshold[thresholds.indexOf(threshold)]!),
        format,
      },
    ];
  }),
  ...otherMetricColumns,
  ...errorColumns,
];

/** Boxes of a target with scores. */
type Boxes = NonNullable<EvalTarget['boxes']>;

/** @param recall Of the boxes of any target: how many detections its recalls count. */
export const boxColumns = ({ recall }: Boxes): readonly Column<Boxes>[] => [
  {
    heading: 'box AP',
    description: 'COCO-style average precision of boxes, mean over IoU thresholds 0.5 to 0.95',
    value: ({ ap }) => ap,
    format: formatFraction,
  },
  {
    heading: 'box AP @0.5',
    description: 'Box AP at IoU 0.5',
    value: ({ ap50 }) => ap50,
    format: formatFraction,
  },
  {
    heading: 'box AP @0.75',
    description: 'Box AP at IoU 0.75',
    value: ({ ap75 }) => ap75,
    format: formatFraction,
  },
  ...recall.map(({ maxDetections }, index) => ({
    heading: `box recall, top ${maxDetections}`,
    description: `Fraction of true boxes hit at IoU 0.5 by the ${maxDetections} highest-scoring boxes of an image`,
    value: (boxes: Boxes) => boxes.recall[index]!.atIou50,
    format: formatFraction,
  })),
];

/** The texts of a row. */
export const cellTexts = <Row>(columns: readonly Column<Row>[], row: Row): string[] =>
  columns.map(({ value, format }) => format(value(row)));
