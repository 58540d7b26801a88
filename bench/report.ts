import type { Contender, ContenderName, StepTime } from './contenders.js';
import type { Workload } from './workload.js';

interface Result {
  readonly contender: ContenderName;
  readonly version: string;
  readonly device: string;
  readonly prepareSeconds: number;
  /** In the order measured. */
  readonly times: readonly StepTime[];
  /** ms on the clock. */
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly fastest: number;
  /** Median ms of all processors together. */
  readonly cpu: number;
  /** MiB, the preparation included. */
  readonly peakMemory: number;
}

export interface Comparison {
  readonly workload: Workload;
  readonly results: readonly Result[];
}

export function summarize(workload: Workload, contenders: readonly Contender[]): Comparison {
  const results = contenders.map((contender): Result => {
    const { times } = contender;
    const wall = times.map(({ wall }) => wall);
    return {
      contender: contender.name,
      ...contender.introduction,
      times,
      median: quantile(wall, 0.5),
      quartiles: [quantile(wall, 0.25), quantile(wall, 0.75)],
      fastest: Math.min(...wall),
      cpu: quantile(
        times.map(({ cpu }) => cpu),
        0.5,
      ),
      peakMemory: contender.peakMemory(),
    };
  });
  return { workload, results };
}

function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(fraction * (sorted.length - 1))]!;
}

/** The median over the rounds of the ratio within a round. */
function ratio(
  numerators: readonly StepTime[],
  denominators: readonly StepTime[],
  key: keyof StepTime,
): string {
  const ratios = numerators.map((time, round) => time[key] / denominators[round]![key]);
  return quantile(ratios, 0.5).toFixed(2);
}

export function formatComparison({ workload, results }: Comparison): string {
  const { task, network, size, batch, norm } = workload;
  const [first] = results;
  const rows = results.map((result) => {
    const { contender, median, quartiles, fastest, cpu, peakMemory, prepareSeconds, times, version } = result;
    const [low, high] = quartiles.map((time) => time.toFixed(0));
    const ratios = `  ${first!.contender}/${contender} ${ratio(first!.times, times, 'wall')} cpu ${ratio(first!.times, times, 'cpu')}`;
    return [
      contender.padEnd(9),
      `${median.toFixed(0)} ms`.padStart(9),
      `(${low}-${high})`.padStart(13),
      `best ${fastest.toFixed(0)}`.padStart(11),
      `cpu ${cpu.toFixed(0)}`.padStart(10),
      `${peakMemory} MiB`.padStart(10),
      `ready in ${prepareSeconds.toFixed(1)} s`.padStart(18),
      result === first ? '' : ratios,
      `  ${version}`,
    ].join('');
  });
  return [`${task} ${network} ${size}x${size} batch ${batch}, ${norm} normalization`, ...rows].join('\n');
}
