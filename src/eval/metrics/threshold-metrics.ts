/** Instances of all images together at one IoU threshold. */
export interface ThresholdCounts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

/** A metric of the instances of all images together, at each IoU threshold. */
interface ThresholdMetric<Value extends number | null = number | null> {
  /** Key in JSON, in camel case. */
  readonly key: string;
  /** Heading of its table columns. */
  readonly label: string;
  /** Its formula; one line without a full stop. */
  readonly description: string;
  /** Values that the description leaves open. */
  readonly specialCase?: string;
  /** Whether the value may be null. @default false */
  readonly isNullable?: boolean;
  /** The threshold whose value stands in the overview, percent of IoU; absent for none. */
  readonly overviewPercent?: number;
  /** From 0 to 1. */
  of(counts: ThresholdCounts): Value;
}

/** Every metric of pooled instances, in the order of tables. A new one is an entry here. */
const listed = [
  {
    key: 'precision',
    label: 'precision',
    description: 'TP / (TP + FP), nuclei of all images together',
    specialCase: 'null where nothing is predicted',
    isNullable: true,
    of: ({ tp, fp }) => ratio(tp, tp + fp),
  },
  {
    key: 'recall',
    label: 'recall',
    description: 'TP / (TP + FN), nuclei of all images together',
    specialCase: 'null where there is no true nucleus',
    isNullable: true,
    overviewPercent: 70,
    of: ({ tp, fn }) => ratio(tp, tp + fn),
  },
  {
    key: 'f1',
    label: 'F1',
    description: '2 TP / (2 TP + FP + FN), nuclei of all images together',
    specialCase: '1 where there is no nucleus',
    overviewPercent: 50,
    of: ({ tp, fp, fn }): number => ratio(2 * tp, 2 * tp + fp + fn) ?? 1,
  },
] as const satisfies readonly ThresholdMetric[];
export const thresholdMetrics: readonly (ThresholdMetric & { readonly key: keyof ThresholdValues })[] =
  listed;

type Listed = (typeof listed)[number];

/** A value for each metric. */
export type ThresholdValues = { readonly [M in Listed as M['key']]: ReturnType<M['of']> };

export function thresholdValues(counts: ThresholdCounts): ThresholdValues {
  return Object.fromEntries(
    thresholdMetrics.map((metric) => [metric.key, metric.of(counts)]),
  ) as ThresholdValues;
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
