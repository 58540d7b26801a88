/** What a training tells while it goes on; the command line shows it, and prints one a line under --json. */
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
  /** Optimizer steps done; above 0 for a run that goes on. */
  readonly step: number;
  /** Of the whole run; 0 is no limit. */
  readonly steps: number;
  /** Minutes that this process may train; 0 is no limit. */
  readonly minutes: number;
  readonly images: { readonly train: number; readonly validation: number };
  /** Numbers that are trained (count). */
  readonly weights: number;
  /** Of the task: which figures of a validation are to be shown, the score first. */
  readonly metricNames: readonly string[];
}

export interface StepDone {
  readonly event: 'step';
  /** Optimizer steps done. */
  readonly step: number;
  /** Times that each image, or nucleus, was drawn on average. */
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Not finite in a step that float16 has left out. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** By which the loss was multiplied; in float16 alone. */
  readonly lossScale?: number;
  /** ms that the step took, and that it waited for its batch before. */
  readonly stepMs: number;
  readonly dataMs: number;
  /** Crops (count). */
  readonly crops: number;
  /** Nuclei (count) that the crops had no room for; absent where crops have no boxes. */
  readonly omittedBoxes?: number;
  /** MiB of main memory that the process has. */
  readonly memoryMiB: number;
}

export interface ValidationProgress {
  readonly event: 'validating';
  readonly step: number;
  /** Images (count). */
  readonly done: number;
  readonly total: number;
}

export interface ValidationDone {
  readonly event: 'validation';
  readonly step: number;
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

/** Why a training ended. */
export type Ending = 'steps' | 'minutes' | 'patience' | StopSignal;

/** What a user, or the system, asks a process to end by. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

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
