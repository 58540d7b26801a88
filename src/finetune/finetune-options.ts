import type { Mode } from '../engine/step.js';
import type { Runtime } from '../engine/runtime.js';
import type { FinetuneEvent } from './finetune-events.js';
import type { FinetuneBudget } from './finetune-time.js';

/** What a fine-tuning needs besides its model and its images. */
export interface FinetuneOptions {
  readonly runtime: Runtime;
  /** Default: compiled. */
  readonly mode?: Mode;
  /** Aborting it, with a `StopSignal` as the reason, ends it; what is trained by then is saved. */
  readonly stop?: AbortSignal;
  readonly onEvent?: (event: FinetuneEvent) => void;
}

export interface NewFinetuneOptions extends FinetuneOptions {
  /** The model folder to write; must not exist. */
  readonly out: string;
  /** Folder of the fine-tuning, new or empty. Default: a folder in `runs`, named by the model to write and the time. */
  readonly folder?: string | undefined;
  readonly budget: FinetuneBudget;
  readonly seed?: number;
}

/** {@link FinetuneOptions} with all defaults. */
export type FinetuneProcess = Required<FinetuneOptions>;

export const processOf = ({ runtime, mode, stop, onEvent }: FinetuneOptions): FinetuneProcess => ({
  runtime,
  mode: mode ?? 'compiled',
  stop: stop ?? new AbortController().signal,
  onEvent: onEvent ?? (() => {}),
});
