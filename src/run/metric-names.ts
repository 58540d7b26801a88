import { z } from 'zod';
import { readPlainTextSync } from '../plain-file.js';
import { runFiles } from './run-folder.js';

const MetricNames = z.object({
  /** What the score of a validation measures, such as `box AP`. */
  scoreName: z.string(),
  /** Parts of the loss, in the order in which they are shown. */
  lossNames: z.array(z.string()).readonly(),
  /** Validation metrics to show, the score's own first. */
  metricNames: z.array(z.string()).readonly(),
});

/** How the numbers in `metrics.jsonl` of a run are called. Curves show these names and no others. */
export type MetricNames = Readonly<z.output<typeof MetricNames>>;

/** The text of `metric-names.json`. */
export function metricNamesText({ scoreName, lossNames, metricNames }: MetricNames): string {
  return `${JSON.stringify({ scoreName, lossNames, metricNames }, null, 2)}\n`;
}

/**
 * The names of a run.
 *
 * @param task The run's task. Runs from before `metric-names.json` was written have the names of their task then.
 */
export function readMetricNames(runFolder: string, task: string | null): MetricNames {
  try {
    return MetricNames.parse(JSON.parse(readPlainTextSync(runFiles(runFolder).metricNames)));
  } catch {
    return olderNames.get(task ?? '') ?? unknownNames;
  }
}

/** A metric in words: every `score` says which score it is. */
export function metricLabel(name: string, scoreName: string): string {
  const twoStage = 'twoStage/';
  if (name.startsWith(twoStage)) return metricLabel(name.slice(twoStage.length), 'two-stage score');
  return name === 'score' || name.endsWith('/score') ? `${name.slice(0, -'score'.length)}${scoreName}` : name;
}

/** A closed list: runs that are written today name their numbers themselves. */
const olderNames: ReadonlyMap<string, MetricNames> = new Map([
  [
    'detector',
    {
      scoreName: 'box AP',
      lossNames: ['objectness', 'proposalBoxes', 'classes', 'boxes', 'maps'],
      metricNames: ['ap', 'ap50', 'ap75', 'recall50'],
    },
  ],
  [
    'segmenter',
    {
      scoreName: 'mask score',
      lossNames: ['crossEntropy', 'bodyDice', 'borderDice'],
      metricNames: ['score', 'meanIou', 'above75', 'above90', 'twoStage/score'],
    },
  ],
]);

const unknownNames: MetricNames = { scoreName: 'score', lossNames: [], metricNames: [] };
