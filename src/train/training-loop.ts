import { setImmediate as afterEvents } from 'node:timers/promises';
import path from 'node:path';
import type { TrainingConfig } from '../config/training.js';
import { type BatchOf, drawsPerEpoch, type Recipe } from '../data/loader/batch-maker.js';
import { tf } from '../tf.js';
import type { Ending, StopSignal, TrainEvent } from './events.js';
import { requireFinite } from './non-finite.js';
import { withinMemory } from './out-of-memory.js';
import type { RunLog } from './run-log.js';
import { folderOfStep } from '../run/checkpoints/folders.js';
import type { Manifest } from '../run/checkpoints/manifest.js';
import type { TrainingState } from '../run/checkpoints/state.js';
import { type Origin, saveCheckpoint } from '../run/checkpoints/write.js';
import type { AfterWrite } from '../run/durable-files.js';
import { runFiles } from '../run/run-folder.js';
import { toStored } from '../models/stored-tensors.js';
import type { Task } from './task.js';
import type { TrainingStep, TrainingTensors } from './training-step.js';

export interface LoopParts<R extends Recipe> {
  readonly task: Task<R>;
  readonly step: TrainingStep<R>;
  /** Go on where the state ends. */
  readonly batches: AsyncIterator<BatchOf<R>>;
  readonly log: RunLog;
  readonly folder: string;
  readonly config: TrainingConfig;
  readonly origin: Origin;
  /** Its reason is a {@link StopSignal}. */
  readonly stop: AbortSignal;
  /** `performance.now()` from which the minutes of the budget count. */
  readonly began: number;
  readonly onEvent: (event: TrainEvent) => void;
  /** Called after each step, and whenever the run has been saved or validated. */
  readonly onState: (state: TrainingState) => Promise<void>;
  readonly afterWrite?: AfterWrite | undefined;
}

/**
 * Trains until the budget is used up, scores stop to rise, or somebody asks it to stop. Validates and saves on its way
 * and at the end. A stop by a signal breaks a validation off and saves; the resumed run then begins with it.
 */
export class TrainingLoop<R extends Recipe> {
  readonly #parts: LoopParts<R>;
  readonly #secondsBefore: number;
  readonly #started = performance.now();
  #state: TrainingState;
  /** What is due at these steps is done. */
  #validatedStep: number;
  #savedStep: number;
  /** Seconds that the last validation and the last checkpoint took: a run that has minutes keeps them for its end. */
  #closing = { validation: 0, checkpoint: 0 };
  #hasWarnedOfRoom = false;

  /** @param from The checkpoint whose state it is, if it is not a new run. */
  constructor(parts: LoopParts<R>, state: TrainingState, from?: Pick<Manifest, 'score'>) {
    this.#parts = parts;
    this.#state = state;
    this.#secondsBefore = state.seconds;
    this.#validatedStep = typeof from?.score === 'number' ? state.step : -1;
    this.#savedStep = from ? state.step : -1;
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
      const validates = this.#isValidationDue(ending);
      if (validates || this.#isSaveDue(ending)) await this.#settle(validates);
      else if (ending) return ending;
      else await this.#train();
      await this.#parts.onState(this.#state);
    }
  }

  #ending(): Ending | undefined {
    const { stop, began, config } = this.#parts;
    const { steps, minutes, patience } = config.budget;
    const { step, validationsSinceBest } = this.#state;
    if (patience > 0 && validationsSinceBest >= patience) return 'patience';
    const isDone = steps > 0 && step >= steps;
    // Stopped before its last validation, it can be resumed for that.
    if (isDone && (step === this.#validatedStep || !stop.aborted)) return 'steps';
    if (stop.aborted) return stop.reason as StopSignal;
    const { validation, checkpoint } = this.#closing;
    const seconds = (performance.now() - began) / 1000 + validation + checkpoint;
    return minutes > 0 && seconds >= 60 * minutes ? 'minutes' : undefined;
  }

  #isValidationDue(ending: Ending | undefined): boolean {
    const { step } = this.#state;
    if (step === 0 || step === this.#validatedStep || this.#parts.stop.aborted) return false;
    return (
      step % this.#parts.config.validation.everySteps === 0 || ending === 'steps' || ending === 'minutes'
    );
  }

  /** The first checkpoint, of step 0, shows that there is room for the others. */
  #isSaveDue(ending: Ending | undefined): boolean {
    const { step } = this.#state;
    if (step === this.#savedStep) return false;
    return step % this.#parts.config.checkpoints.everySteps === 0 || ending !== undefined;
  }

  async #train(): Promise<void> {
    const { task, step, batches, config, folder, log, onEvent } = this.#parts;
    const { step: at } = this.#state;
    const asked = performance.now();
    const drawn: BatchOf<R>[] = [];
    while (drawn.length < config.optimizer.accumulate) drawn.push((await batches.next()).value as BatchOf<R>);

    const began = performance.now();
    const report = withinMemory(task.recipe, () => step.run(drawn, at));
    const { loss, parts, gradientNorm, learningRate, lossScale, isSkipped } = report;
    const ended = performance.now();
    const draws = drawn.at(-1)!.cursor;
    requireFinite(
      { loss, ...parts, ...(!isSkipped && { gradientNorm }) },
      { step: at + 1, batches: drawn, folder },
    );
    this.#state = { ...this.#state, step: at + 1, draws, seconds: this.#seconds() };
    const omittedBoxes = this.#omittedBoxes(drawn);
    const event = {
      event: 'step' as const,
      step: at + 1,
      epoch: draws / drawsPerEpoch(task.recipe),
      ...{ loss, parts, gradientNorm, learningRate },
      ...(lossScale !== null && { lossScale }),
      ...{ stepMs: ended - began, dataMs: began - asked },
      crops: drawn.reduce((sum, { ids }) => sum + ids.length, 0),
      ...(omittedBoxes !== undefined && { omittedBoxes }),
      memoryMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
    };
    log.step(event);
    onEvent(event);
    // A step blocks all else; between two of them signals and timers have their turn.
    await afterEvents();
  }

  /** Counts the nuclei that crops have no room for, and warns of the first; undefined where crops have no boxes. */
  #omittedBoxes(drawn: readonly BatchOf<R>[]): number | undefined {
    const counts = drawn.flatMap((batch) => ('omitted' in batch ? [...batch.omitted] : []));
    if (counts.length === 0) return undefined;
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total > 0 && !this.#hasWarnedOfRoom) {
      this.#hasWarnedOfRoom = true;
      const { log, onEvent } = this.#parts;
      const text =
        `${total} nuclei of the crops of step ${this.#state.step} have no room and are ignored, the smallest first; ` +
        'loader.maxBoxes gives more. Each step of metrics.jsonl counts them as omittedBoxes.';
      log.line(text);
      onEvent({ event: 'warning', text });
    }
    return total;
  }

  /** Validates the present weights, or not, and saves them. */
  async #settle(validates: boolean): Promise<void> {
    const { config, folder, log, origin, onEvent, afterWrite } = this.#parts;
    const { step } = this.#state;
    const tensors = this.#parts.step.read();
    let score: number | null = null;
    let stored;
    try {
      if (validates) score = await this.#tryValidate(tensors);
      stored = {
        weights: toStored(tensors.weights),
        ema: toStored(tensors.ema),
        optimizer: toStored(tensors.optimizer),
        statistics: toStored(tensors.statistics),
      };
    } finally {
      tf.dispose(tensors);
    }
    const began = performance.now();
    this.#state = {
      ...this.#state,
      seconds: this.#seconds(),
      logBytes: { 'metrics.jsonl': log.syncMetrics() },
    };
    const { checkpoints } = runFiles(folder);
    await saveCheckpoint(
      checkpoints,
      { tensors: stored, state: this.#state, score, origin },
      { keepLast: config.checkpoints.keepLast, now: new Date(), ...(afterWrite && { afterWrite }) },
    );
    this.#savedStep = step;
    const seconds = (performance.now() - began) / 1000;
    this.#closing.checkpoint = seconds;
    const saved = path.join(checkpoints, folderOfStep(step));
    log.line(`step ${step}: saved in ${seconds.toFixed(1)} s`);
    onEvent({ event: 'checkpoint', step, folder: saved, seconds });
  }

  /** @returns The score; null if a signal has broken it off. */
  async #tryValidate(tensors: TrainingTensors): Promise<number | null> {
    try {
      return await this.#validate(tensors);
    } catch (error) {
      if (error instanceof BrokenOff) return null;
      throw error;
    }
  }

  async #validate({ weights, ema, statistics }: TrainingTensors): Promise<number> {
    const { task, log, stop, onEvent } = this.#parts;
    const { step, best: before, validationsSinceBest } = this.#state;
    const began = performance.now();
    let told = 0;
    const { score, metrics, ...shown } = await task.validate(
      { ...weights, ...ema, ...statistics },
      (share, total) => {
        const done = Math.floor(share);
        if (done !== told) onEvent({ event: 'validating', step, done, total });
        told = done;
        if (stop.aborted && share < total) throw new BrokenOff();
      },
    );
    const seconds = (performance.now() - began) / 1000;
    const isBest = before === null || score > before.score;
    const best = isBest ? { step, score } : before;
    this.#state = { ...this.#state, best, validationsSinceBest: isBest ? 0 : validationsSinceBest + 1 };
    this.#validatedStep = step;
    this.#closing.validation = seconds;
    const event = { event: 'validation' as const, step, score, metrics, best, seconds };
    await log.validation(event, shown);
    log.line(`step ${step}: score ${score.toFixed(4)}, best ${best.score.toFixed(4)} at step ${best.step}`);
    onEvent(event);
    return score;
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }
}

/** Thrown through a validation that a signal breaks off. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}
