import type { DeviceChoice } from '../engine/device.js';
import { startRuntime } from '../engine/runtime.js';
import { finetune, resumeFinetune } from '../finetune/finetune.js';
import type { FinetuneDataset } from '../finetune/finetune-data.js';
import type { FinetuneEnded, FinetuneEvent } from '../finetune/finetune-events.js';
import { shippedModel } from '../model/shipped-model.js';

/** Where a fine-tuning computes, how it is watched and stopped. */
export interface FinetuneProgress {
  /** Default: `auto`. WebAssembly cannot train. */
  readonly device?: DeviceChoice;
  /** Aborting it ends the fine-tuning; what is learnt by then is saved, and `continueFinetune` goes on from it. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FinetuneEvent) => void;
}

/** What {@link finetuneModel} learns from, for how long. */
export interface FinetuneModelOptions extends FinetuneProgress, Omit<FinetuneDataset, 'paths'> {
  /** Datasets with corrected images. */
  readonly data: string | readonly string[];
  /** The model folder to write; must not exist. */
  readonly out: string;
  /** The model folder to begin with, which stays as it is; default: the model that comes with nucleate. */
  readonly model?: string;
  /** How long to learn, all in all; default: 10, unless there are `steps`. */
  readonly minutes?: number;
  /** How many steps the detector learns, in place of minutes; the segmenter takes 0.6 times as many. */
  readonly steps?: number;
  /** Default: 1. The same seed and steps make the same model. */
  readonly seed?: number;
  /** Folder of the trainings, new or empty; default: a folder in `runs`, named by the time. */
  readonly folder?: string;
}

const usualMinutes = 10;

/**
 * Makes a model better on images like some that were corrected, as `nucleate finetune` does.
 *
 * @returns How it has ended: with the scores before and after on images that were left out, or stopped.
 * @throws {NucleateError} Exit code 2 if `out` exists, 3 for data that cannot be used, 6 for a damaged model, 9 without native
 *   TensorFlow.
 */
export async function finetuneModel({
  data,
  out,
  model = shippedModel,
  minutes = usualMinutes,
  steps,
  seed,
  folder,
  labels,
  reading,
  split,
  replay,
  ...progress
}: FinetuneModelOptions): Promise<FinetuneEnded> {
  const paths = typeof data === 'string' ? [data] : data;
  return finetune(
    model,
    { paths, labels, reading, split, replay },
    {
      ...(await processOptions(progress)),
      ...{ out, folder, budget: steps === undefined ? { minutes } : { steps } },
      ...(seed !== undefined && { seed }),
    },
  );
}

/**
 * Continues a fine-tuning as if it had never stopped; of one that has ended, its result is read.
 *
 * @param folder Of the trainings, as `folder` of the result says.
 * @throws {NucleateError} As {@link finetuneModel}; exit code 3 if its images have changed, 7 if another process works on it.
 */
export const continueFinetune = async (
  folder: string,
  progress: FinetuneProgress = {},
): Promise<FinetuneEnded> => resumeFinetune(folder, await processOptions(progress));

async function processOptions({ device = 'auto', signal, onEvent }: FinetuneProgress) {
  return {
    runtime: await startRuntime(device),
    ...(signal && { stop: stopOf(signal) }),
    ...(onEvent && { onEvent }),
  };
}

/** A signal with the reason that says how the fine-tuning has ended, whatever reason the caller gives. */
function stopOf(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  const abort = () => stop.abort('SIGINT');
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return stop.signal;
}
