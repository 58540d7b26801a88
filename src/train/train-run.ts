/** Training from top to bottom: open the run, build the step, repeat it, validate and save on the way, end. */
import { setImmediate as afterEvents } from 'node:timers/promises';
import path from 'node:path';
import { drawsPerEpoch, type Recipe } from '../data/loader/batch-maker.js';
import { multipliesBfloat16 } from '../engine/processor.js';
import { requireTraining } from '../engine/runtime.js';
import { toStored } from '../models/stored-tensors.js';
import { folderOfStep } from '../run/checkpoints/folders.js';
import { prepareCheckpoints } from '../run/checkpoints/keep.js';
import type { TrainingState } from '../run/checkpoints/state.js';
import { saveCheckpoint } from '../run/checkpoints/write.js';
import { runFiles } from '../run/run-folder.js';
import { tf } from '../tf.js';
import type { Ending, StopSignal } from './ending.js';
import type { RunEnded } from './events.js';
import { requireFinite } from './non-finite.js';
import { type OpenRun, withRun } from './open-run.js';
import { withinMemory } from './out-of-memory.js';
import { RunLog } from './run-log.js';
import { initializeStep, restoreStep } from './starting-weights.js';
import { startingWith, stepBatches, type StepBatches } from './step-batches.js';
import type { TaskConfig, TrainRequest } from './train-request.js';
import { createTrainingStep, type TrainingStep, type TrainingTensors } from './training-step.js';

/** Before the first step. */
const newState: TrainingState = {
  step: 0,
  draws: 0,
  seconds: 0,
  best: null,
  validationsSinceBest: 0,
  logBytes: {},
};

/**
 * Trains a task in a new run folder, or continues a run as if it had never stopped.
 *
 * A batch depends only on the seed and on the number of draws before it; what is drawn within a step depends only on
 * the seed and the step; everything else that changes is in the checkpoint. So the result is the same to the bit,
 * however often the run was interrupted.
 *
 * @throws {NucleateError} Exit code 2 if there is nothing left to train, 3 for data that cannot be used, 4 without
 *   memory, 5 if the training diverges, 6 for checkpoints that are damaged or of another training, 7 if another
 *   process holds the folder, 8 if it cannot be written, 9 without native TensorFlow.
 */
export async function trainRun<C extends TaskConfig>(request: TrainRequest<C>): Promise<RunEnded> {
  requireTraining(request.runtime);
  const began = performance.now();
  return withRun(request, async (run) => {
    const state = run.checkpoint?.state ?? newState;
    const { scoreName } = run.task;
    const log = new RunLog(run.folder, { state, scoreName, onEvent: request.onEvent });
    try {
      return await train({ request, run, log, began }, state);
    } catch (error) {
      await log.failed(error as Error);
      throw error;
    } finally {
      log.close();
    }
  });
}

/** What a training works with. */
interface Training {
  /** What was asked for: config, mode, stop signal. */
  readonly request: Omit<TrainRequest<TaskConfig>, 'createTask'>;
  /** The run folder, the task, and the checkpoint to continue from. */
  readonly run: OpenRun;
  /** Records all that happens. */
  readonly log: RunLog;
  /** `performance.now()` when the process's minutes of the budget began. */
  readonly began: number;
}

async function train(training: Training, state: TrainingState): Promise<RunEnded> {
  const { request, run, log } = training;
  const { config, mode, runtime } = request;
  const { folder, task, data, checkpoint, init } = run;
  await log.begin(state);
  for (const { what } of run.changes) log.notice(what);
  if (config.precision === 'bfloat16' && !multipliesBfloat16())
    log.notice(
      'this processor has no instructions for bfloat16: precision=float32 is about twice as fast here',
    );
  await prepareCheckpoints(runFiles(folder).checkpoints, state.step);

  const drawn = stepBatches(task.recipe, state.draws, config.optimizer.accumulate);
  let step: TrainingStep<Recipe> | undefined;
  try {
    const compiling =
      mode === 'compiled' ? 'compiling the training step' : 'running the training step uncompiled';
    request.onEvent({ event: 'notice', text: compiling });
    const first = (await drawn.next()).value;
    step = withinMemory(task.recipe, () => createTrainingStep(task, { config, mode, batches: first }));
    if (checkpoint) restoreStep(step, checkpoint);
    if (init) log.notice(await initializeStep(step, { task, init, averages: config.optimizer.emaDecay > 0 }));

    log.line(`${checkpoint ? 'resumed at' : 'started at'} step ${state.step} on ${runtime.device}, ${mode}`);
    if (!data.unseen)
      log.line('the validation images are trained on as well: scores are not of unseen images');
    log.started({
      event: 'started',
      folder,
      task: config.task,
      resumed: checkpoint !== undefined,
      step: state.step,
      steps: config.budget.steps,
      minutes: config.budget.minutes,
      images: { train: data.train.length, validation: data.validation.length },
      weights: Object.values(task.weights.trainable).reduce((sum, { size }) => sum + size, 0),
      scoreName: task.scoreName,
      metricNames: task.metricNames,
    });

    const loop = new TrainingLoop(training, step, startingWith(first, drawn), state);
    const ending = await loop.run();
    const { step: last, best, seconds } = loop.state;
    const ended = { event: 'ended' as const, ending, folder, step: last, best, seconds };
    await log.ended(ended, loop.state);
    return ended;
  } finally {
    step?.dispose();
    await drawn.return(undefined as never);
  }
}

/**
 * Trains until the budget is used up, the score stops improving, or a signal asks to stop. Validates and saves on the
 * way and at the end. A signal during a validation skips the rest of it and saves; the resumed run then begins with
 * that validation.
 */
class TrainingLoop {
  readonly #training: Training;
  readonly #step: TrainingStep<Recipe>;
  readonly #batches: AsyncGenerator<StepBatches, never>;
  /** What the next checkpoint saves besides tensors. */
  #state: TrainingState;
  readonly #secondsBefore: number;
  readonly #started = performance.now();
  /** The last steps that were validated and saved: nothing is done twice. */
  #validatedStep: number;
  #savedStep: number;
  /** How long the last validation and the last save took: a time budget leaves room for both at its end. */
  #validationSeconds = 0;
  #saveSeconds = 0;

  constructor(
    training: Training,
    step: TrainingStep<Recipe>,
    batches: AsyncGenerator<StepBatches, never>,
    state: TrainingState,
  ) {
    const { checkpoint } = training.run;
    this.#training = training;
    this.#step = step;
    this.#batches = batches;
    this.#state = state;
    this.#secondsBefore = state.seconds;
    this.#validatedStep = typeof checkpoint?.manifest.score === 'number' ? state.step : -1;
    this.#savedStep = checkpoint ? state.step : -1;
  }

  get state(): TrainingState {
    return this.#state;
  }

  /**
   * @throws {NucleateError} Exit code 3 for an image that cannot be read, 4 without memory, 5 if a number is not
   *   finite, 8 if a checkpoint cannot be written.
   */
  async run(): Promise<Ending> {
    for (;;) {
      const ending = this.#ending();
      if (this.#isValidationDue(ending)) await this.#save({ validates: true });
      else if (this.#isSaveDue(ending)) await this.#save({ validates: false });
      else if (ending) return ending;
      else await this.#trainStep();
      await this.#training.log.progress(this.#state);
    }
  }

  async #trainStep(): Promise<void> {
    const { run, log } = this.#training;
    const { task, folder } = run;
    const step = this.#state.step + 1;

    const asked = performance.now();
    const { value: batches } = await this.#batches.next();

    const began = performance.now();
    const report = withinMemory(task.recipe, () => this.#step.run(batches, this.#state.step));
    const ended = performance.now();

    const { loss, parts, gradientNorm, learningRate, lossScale, isSkipped } = report;
    const numbers = { loss, ...parts, ...(!isSkipped && { gradientNorm }) };
    requireFinite(numbers, { step, batches, folder });

    const draws = batches.at(-1)!.cursor;
    this.#state = { ...this.#state, step, draws, seconds: this.#seconds() };
    log.step({
      event: 'step',
      step,
      epoch: draws / drawsPerEpoch(task.recipe),
      loss,
      parts,
      gradientNorm,
      learningRate,
      ...(lossScale !== null && { lossScale }),
      stepMs: ended - began,
      dataMs: began - asked,
      ...countCrops(batches),
      memoryMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
    });
    // A step blocks everything else: between two steps, signals and timers get their turn.
    await afterEvents();
  }

  #isValidationDue(ending: Ending | undefined): boolean {
    const { config, stop } = this.#training.request;
    const { step } = this.#state;
    if (step === 0 || step === this.#validatedStep || stop.aborted) return false;
    return step % config.validation.everySteps === 0 || ending === 'steps' || ending === 'minutes';
  }

  /** @returns The score; null if a signal stopped the validation. */
  async #validate({ weights, ema, statistics }: TrainingTensors): Promise<number | null> {
    const { request, run, log } = this.#training;
    const { step } = this.#state;
    const began = performance.now();
    let reported = 0;
    const onProgress = (done: number, total: number) => {
      const whole = Math.floor(done);
      if (whole !== reported) log.validating(step, whole, total);
      reported = whole;
      if (request.stop.aborted && done < total) throw new ValidationStopped();
    };
    try {
      const values = { ...weights, ...ema, ...statistics };
      const { score, metrics, ...shown } = await run.task.validate(values, onProgress);
      this.#validationSeconds = (performance.now() - began) / 1000;
      this.#validatedStep = step;
      const best = this.#updateBest(score);
      const seconds = this.#validationSeconds;
      await log.validation({ event: 'validation', step, score, metrics, best, seconds }, shown);
      return score;
    } catch (error) {
      if (error instanceof ValidationStopped) return null;
      throw error;
    }
  }

  #updateBest(score: number) {
    const { step, best: before, validationsSinceBest } = this.#state;
    const isBest = before === null || score > before.score;
    const best = isBest ? { step, score } : before;
    this.#state = { ...this.#state, best, validationsSinceBest: isBest ? 0 : validationsSinceBest + 1 };
    return best;
  }

  /** The first checkpoint, of step 0, shows that there is room for the others. */
  #isSaveDue(ending: Ending | undefined): boolean {
    const { step } = this.#state;
    if (step === this.#savedStep) return false;
    return step % this.#training.request.config.checkpoints.everySteps === 0 || ending !== undefined;
  }

  /** Saves a checkpoint; if `validates`, with the score of its weights. */
  async #save({ validates }: { validates: boolean }): Promise<void> {
    const { request, run, log } = this.#training;
    const { config, afterWrite } = request;
    const { step } = this.#state;
    const read = this.#step.read();
    let score: number | null = null;
    let tensors;
    try {
      if (validates) score = await this.#validate(read);
      tensors = {
        weights: toStored(read.weights),
        ema: toStored(read.ema),
        optimizer: toStored(read.optimizer),
        statistics: toStored(read.statistics),
      };
    } finally {
      tf.dispose(read);
    }

    const began = performance.now();
    const logBytes = { 'metrics.jsonl': log.syncMetrics() };
    this.#state = { ...this.#state, seconds: this.#seconds(), logBytes };
    const { checkpoints } = runFiles(run.folder);
    await saveCheckpoint(
      checkpoints,
      { tensors, state: this.#state, score, origin: run.origin },
      { keepLast: config.checkpoints.keepLast, now: new Date(), ...(afterWrite && { afterWrite }) },
    );
    this.#savedStep = step;
    this.#saveSeconds = (performance.now() - began) / 1000;
    const folder = path.join(checkpoints, folderOfStep(step));
    log.checkpoint({ event: 'checkpoint', step, folder, seconds: this.#saveSeconds });
  }

  /** Why the training ends here; undefined if it goes on. */
  #ending(): Ending | undefined {
    const { request, began } = this.#training;
    const { steps, minutes, patience } = request.config.budget;
    const { step, validationsSinceBest } = this.#state;
    if (patience > 0 && validationsSinceBest >= patience) return 'patience';
    const isDone = steps > 0 && step >= steps;
    // A run that is stopped before its last validation can be resumed for it.
    if (isDone && (step === this.#validatedStep || !request.stop.aborted)) return 'steps';
    if (request.stop.aborted) return request.stop.reason as StopSignal;
    const seconds = (performance.now() - began) / 1000 + this.#validationSeconds + this.#saveSeconds;
    return minutes > 0 && seconds >= 60 * minutes ? 'minutes' : undefined;
  }

  /** Seconds trained so far, over all processes of the run. */
  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }
}

/** Ends a validation when a signal asks to stop. */
class ValidationStopped extends Error {
  override readonly name = 'ValidationStopped';
}

/** Crops of a step, and nuclei that they had no room for; the latter only where crops have boxes. */
function countCrops(batches: StepBatches): { crops: number; omittedBoxes?: number } {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const crops = sum(batches.map(({ ids }) => ids.length));
  const omitted = batches.flatMap((batch) => ('omitted' in batch ? [...batch.omitted] : []));
  return omitted.length === 0 ? { crops } : { crops, omittedBoxes: sum(omitted) };
}
