import type { Ending } from './ending.js';

/** What a training reports while it runs. The command line shows it; with --json it prints one event a line. */
export type TrainEvent =
  | RunStarted
  | StepDone
  | ValidationProgress
  | ValidationDone
  | CheckpointSaved
  | { readonly event: 'notice' | 'warning'; readonly text: string }
  | RunEnded;

export interface RunStarted {
  readonly event: 'started';
  readonly folder: string;
  readonly task: string;
  readonly resumed: boolean;
  /** Optimizer steps done; above 0 for a resumed run. */
  readonly step: number;
  /** Steps of the whole run; 0 is no limit. */
  readonly steps: number;
  /** Minutes that this process may train; 0 is no limit. */
  readonly minutes: number;
  readonly images: { readonly train: number; readonly validation: number };
  /** Count of trainable weights. */
  readonly weights: number;
  /** What the score of a validation measures, such as `box AP`. */
  readonly scoreName: string;
  /** The metrics of a validation to show, the score's own first. */
  readonly metricNames: readonly string[];
}

export interface StepDone {
  readonly event: 'step';
  /** Optimizer steps done. */
  readonly step: number;
  /** How often each image (detector) or nucleus (segmenter) was drawn on average. */
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Norm of all gradients before clipping; not finite in a step that was skipped in float16. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** What the loss was multiplied by; only in float16. */
  readonly lossScale?: number;
  /** ms of the step, and of waiting for its batch before it. */
  readonly stepMs: number;
  readonly dataMs: number;
  /** Count of crops. */
  readonly crops: number;
  /** Count of nuclei beyond `loader.maxBoxes` of their crop; absent where crops have no boxes. */
  readonly omittedBoxes?: number;
  /** Main memory of the process, MiB. */
  readonly memoryMiB: number;
}

export interface ValidationProgress {
  readonly event: 'validating';
  readonly step: number;
  /** Count of images. */
  readonly done: number;
  readonly total: number;
}

export interface ValidationDone {
  readonly event: 'validation';
  readonly step: number;
  /** What `RunStarted.scoreName` names; higher is better. */
  readonly score: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly best: BestScore;
  readonly seconds: number;
}

export interface CheckpointSaved {
  readonly event: 'checkpoint';
  readonly step: number;
  readonly folder: string;
  readonly seconds: number;
}

export interface BestScore {
  readonly step: number;
  readonly score: number;
}

export interface RunEnded {
  readonly event: 'ended';
  readonly ending: Ending;
  readonly folder: string;
  readonly step: number;
  readonly best: BestScore | null;
  /** Seconds trained, over all processes of the run. */
  readonly seconds: number;
}
