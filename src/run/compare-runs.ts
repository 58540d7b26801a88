import { configDifferences } from './checkpoints/compatible.js';
import type { ValidationRecord } from './curves.js';
import type { RunDocument } from './run-document.js';
import type { RunSummary } from './run-summary.js';

/** A value in which two runs differ. */
export interface RunDifference {
  /** Dotted, as in `--set`. */
  readonly key: string;
  /** As JSON; `nothing` if a run lacks the key. */
  readonly values: readonly [string, string];
}

export interface MetricPair {
  readonly name: string;
  /** null if a run lacks it or had nothing to measure. */
  readonly values: readonly [number | null, number | null];
  /** The second minus the first; null if one of them is null or the scores measure different things. */
  readonly difference: number | null;
}

/** Two runs side by side; plain data, ready for JSON. */
export interface RunComparison {
  readonly runs: readonly [RunSummary, RunSummary];
  readonly config: readonly RunDifference[];
  /** Versions, device, machine, commit, dataset and split. */
  readonly environment: readonly RunDifference[];
  /** Steps of the best validations, which `metrics` are taken from; null for a run without a validation. */
  readonly steps: readonly [number | null, number | null];
  /** `score` first, then all others in the order of the runs. */
  readonly metrics: readonly MetricPair[];
}

export function compareRuns(one: RunDocument, other: RunDocument): RunComparison {
  const best = [bestOf(one.curves.validations), bestOf(other.curves.validations)] as const;
  const names = best.flatMap((validation) => Object.keys(validation?.metrics ?? {}));
  return {
    runs: [one.summary, other.summary],
    config: differences(one.config, other.config),
    environment: differences(environmentOf(one), environmentOf(other)),
    steps: [best[0]?.step ?? null, best[1]?.step ?? null],
    metrics: [...new Set(['score', ...names])].map((name) => pairOf(name, best, isComparable(one, other))),
  };
}

/** The earlier of two with equal scores, as in training. */
function bestOf(validations: readonly ValidationRecord[]): ValidationRecord | undefined {
  return validations.reduce<ValidationRecord | undefined>(
    (best, one) => (best && best.score >= one.score ? best : one),
    undefined,
  );
}

/** Whether the scores of two runs measure the same: those of a detector and a segmenter do not. */
const isComparable = (one: RunDocument, other: RunDocument) =>
  one.summary.scoreName === other.summary.scoreName;

function pairOf(
  name: string,
  best: readonly [ValidationRecord | undefined, ValidationRecord | undefined],
  isComparable: boolean,
): MetricPair {
  const value = (of: ValidationRecord | undefined) =>
    (name === 'score' ? of?.score : of?.metrics[name]) ?? null;
  const [one, other] = [value(best[0]), value(best[1])];
  const isDifferent = one === null || other === null || (name === 'score' && !isComparable);
  return { name, values: [one, other], difference: isDifferent ? null : other - one };
}

const differences = (one: unknown, other: unknown): RunDifference[] =>
  configDifferences(one, other).map(({ key, saved, now }) => ({ key, values: [saved, now] }));

/** Without the lists of images, which the hashes of dataset and split stand for. */
function environmentOf({ environment, git, dataset }: RunDocument) {
  const counts = (part: unknown) => ({ ...(part as object), ids: undefined });
  const { train, validation, ...facts } = dataset;
  return {
    ...environment,
    git,
    dataset: { ...facts, train: counts(train), validation: counts(validation) },
  };
}
