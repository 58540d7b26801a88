import type { DetectionLoader, SegmentationLoader } from '../config/loader.js';
import type { TrainingConfig } from '../config/training.js';
import type { TrainingData } from '../data/loader/training-data.js';
import type { Runtime } from '../engine/runtime.js';
import type { Mode } from '../engine/step.js';
import type { AfterWrite } from '../run/durable-files.js';
import type { TrainEvent } from './events.js';
import type { InitFromOptions } from './init-from.js';
import type { Task } from './task.js';

/** The resolved config of a task that can be trained. */
export type TaskConfig = TrainingConfig & {
  readonly task: string;
  readonly loader: DetectionLoader | SegmentationLoader;
};

/** @param options.mode How steps run; validation runs in the same mode. */
export type CreateTask<C extends TaskConfig> = (
  config: C,
  data: TrainingData,
  options: { mode: Mode },
) => Task | Promise<Task>;

/** A new run, or a run to resume. */
export type RunPlace =
  | {
      readonly kind: 'new';
      /** The folder to create. Default: a folder in `run.folder` of the config, named `run.name` and the time. */
      readonly folder?: string | undefined;
      /** The config as the user wrote it, and with all defaults filled in; YAML. */
      readonly configText: string;
      readonly resolvedText: string;
      /** Weights to start from. Default: random weights, drawn by the seed. */
      readonly init?: InitFromOptions | undefined;
    }
  | {
      readonly kind: 'resume';
      readonly folder: string;
      readonly forceUnlock: boolean;
      /** The config as it is now; it may differ from the saved one in settings that do not change the result. */
      readonly resolvedText: string;
      /** The config that the run recorded when it began; default: that of the request. */
      readonly recorded?: object;
    };

/** All that a training needs to know. */
export interface TrainRequest<C extends TaskConfig> {
  readonly config: C;
  readonly createTask: CreateTask<C>;
  readonly place: RunPlace;
  /** The dataset of the config, if it has been read already. */
  readonly data?: TrainingData;
  readonly runtime: Runtime;
  readonly mode: Mode;
  /** Aborting it, with a `StopSignal` as the reason, ends the training after the current step, with a checkpoint. */
  readonly stop: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
  /** Called after each image that is read, with the number read so far and in total. */
  readonly onImage?: (done: number, total: number) => void;
  /** Called after each write of a checkpoint; tests end the process there. */
  readonly afterWrite?: AfterWrite;
}
