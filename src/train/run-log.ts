import { stripVTControlCharacters } from 'node:util';
import { exitCodes, NucleateError } from '../errors.js';
import type { TrainingState } from '../run/checkpoints/state.js';
import { AppendLog } from '../run/logs/append-log.js';
import { metricsLine } from '../run/logs/metrics.js';
import { runFiles } from '../run/run-folder.js';
import { EventFile } from '../run/tensorboard/event-file.js';
import { endedStatus } from './ending.js';
import type {
  CheckpointSaved,
  RunEnded,
  RunStarted,
  StepDone,
  TrainEvent,
  ValidationDone,
} from './events.js';
import { StatusWriter } from './status-writer.js';
import type { ValidationResult } from './task.js';
import { encodePictures, saveValidationImages } from './validation-pictures.js';

export interface RunLogOptions {
  /** Where the run starts or continues. */
  readonly state: TrainingState;
  /** What the score of a validation is called. */
  readonly scoreName: string;
  readonly onEvent: (event: TrainEvent) => void;
}

/** `train.log` has at least one line in this time, to show that the run is alive. */
const lineIntervalMs = 60_000;

/**
 * Records all that happens in a run: `train.log` for people, `metrics.jsonl` for programs, `tb/` for TensorBoard,
 * `eval/` with the images of the last and the best validation, `status.json` with how far the run is, and events for
 * the caller. A log that cannot be written is a warning; training goes on.
 */
export class RunLog {
  readonly #folder: string;
  readonly #scoreName: string;
  readonly #onEvent: (event: TrainEvent) => void;
  readonly #text: AppendLog;
  readonly #metrics: AppendLog;
  readonly #tensorboard: EventFile;
  readonly #status: StatusWriter;
  #lastLine = performance.now();
  #hasWarnedOfOmittedBoxes = false;

  /** @throws {NucleateError} Exit code 8 if a log cannot be created. */
  constructor(folder: string, { state, scoreName, onEvent }: RunLogOptions) {
    const files = runFiles(folder);
    const onTrouble = (text: string) => onEvent({ event: 'warning', text });
    this.#folder = folder;
    this.#scoreName = scoreName;
    this.#onEvent = onEvent;
    this.#text = new AppendLog(files.log, { onTrouble });
    this.#metrics = new AppendLog(files.metrics, {
      keepBytes: state.logBytes['metrics.jsonl'] ?? 0,
      onTrouble,
    });
    this.#tensorboard = new EventFile(files.tensorboard, { step: state.step, now: new Date(), onTrouble });
    this.#status = new StatusWriter(folder, new Date(), onTrouble);
  }

  /** @throws {NucleateError} Exit code 8 if `status.json` cannot be written. */
  async begin(state: TrainingState): Promise<void> {
    await this.#status.write({ state: 'running', exitCode: null, message: null }, state);
  }

  notice(text: string): void {
    this.line(text);
    this.#onEvent({ event: 'notice', text });
  }

  /** A line of `train.log`, with the time in front. */
  line(text: string): void {
    const oneLine = stripVTControlCharacters(text).replaceAll(/\p{Cc}+/gu, ' ');
    this.#lastLine = performance.now();
    this.#text.append(`${new Date().toISOString()} ${oneLine}\n`);
  }

  started(event: RunStarted): void {
    this.#onEvent(event);
  }

  step(event: StepDone): void {
    this.#warnOfOmittedBoxes(event);
    const { step, loss, parts, gradientNorm, learningRate, epoch, memoryMiB } = event;
    const [stepMs, dataMs] = [rounded(event.stepMs), rounded(event.dataMs)];
    const scale = event.lossScale === undefined ? {} : { lossScale: event.lossScale };
    const omitted = event.omittedBoxes === undefined ? {} : { omittedBoxes: event.omittedBoxes };
    const numbers = { loss, ...parts, gradientNorm, learningRate, ...scale, epoch, ...omitted };
    this.#metrics.append(metricsLine({ step, kind: 'train', ...numbers, stepMs, dataMs, memoryMiB }));
    this.#tensorboard.scalars(step, new Date(), {
      'loss/total': loss,
      ...prefixed('loss', parts),
      'train/gradientNorm': gradientNorm,
      'train/learningRate': learningRate,
      ...prefixed('train', scale),
      'time/stepMs': stepMs,
      'time/dataMs': dataMs,
      'memory/MiB': memoryMiB,
      ...prefixed('data', omitted),
    });
    if (performance.now() - this.#lastLine > lineIntervalMs)
      this.line(`step ${step}: loss ${loss}, ${stepMs} ms and ${dataMs} ms for data, ${memoryMiB} MiB`);
    this.#onEvent(event);
  }

  validating(step: number, done: number, total: number): void {
    this.#onEvent({ event: 'validating', step, done, total });
  }

  async validation(
    event: ValidationDone,
    shown: Pick<ValidationResult, 'pictures' | 'images' | 'examples'>,
  ): Promise<void> {
    const { step, score, metrics, best, seconds } = event;
    this.#metrics.append(
      metricsLine({ step, kind: 'validation', score, ...metrics, seconds: rounded(seconds) }),
    );
    const numbers = Object.entries({ score, ...metrics }).filter(
      (entry): entry is [string, number] => entry[1] !== null,
    );
    this.#tensorboard.scalars(step, new Date(), prefixed('validation', Object.fromEntries(numbers)));
    for (const { name, image } of await encodePictures(shown.pictures))
      this.#tensorboard.image(step, new Date(), `validation/${name}`, image);
    const trouble = await saveValidationImages(this.#folder, { step, score, bestStep: best.step }, shown);
    if (trouble !== null) this.#onEvent({ event: 'warning', text: trouble });
    this.line(
      `step ${step}: ${this.#scoreName} ${score.toFixed(4)}, best ${best.score.toFixed(4)} at step ${best.step}`,
    );
    this.#onEvent(event);
  }

  checkpoint(event: CheckpointSaved): void {
    this.line(`step ${event.step}: saved in ${event.seconds.toFixed(1)} s`);
    this.#onEvent(event);
  }

  /** Notes how far the run is; `status.json` is written now and then. */
  async progress(state: TrainingState): Promise<void> {
    await this.#status.update(state);
  }

  async ended(event: RunEnded, state: TrainingState): Promise<void> {
    this.line(`ended by ${event.ending} at step ${event.step}`);
    await this.#status.write(endedStatus(event.ending), state);
    this.#onEvent(event);
  }

  /** Records why the run failed. Never throws, since that error matters more: what cannot be written is a warning. */
  async failed(error: Error): Promise<void> {
    const { message } = error;
    const exitCode = error instanceof NucleateError ? error.exitCode : exitCodes.internal;
    this.line(`failed (exit code ${exitCode}): ${message}`);
    try {
      await this.#status.write({ state: 'failed', exitCode, message });
    } catch (trouble) {
      const text = `status.json cannot be written: ${(trouble as Error).message}`;
      this.#onEvent({ event: 'warning', text });
    }
  }

  /** Waits until all lines of `metrics.jsonl` are on the disk, and returns their size in bytes. */
  syncMetrics(): number {
    this.#metrics.sync();
    return this.#metrics.bytes;
  }

  close(): void {
    this.#text.close();
    this.#metrics.close();
    this.#tensorboard.close();
  }

  /** Once a run: the first of many is enough to change the setting. */
  #warnOfOmittedBoxes({ step, omittedBoxes = 0 }: StepDone): void {
    if (omittedBoxes === 0 || this.#hasWarnedOfOmittedBoxes) return;
    this.#hasWarnedOfOmittedBoxes = true;
    const text =
      `${omittedBoxes} nuclei in the crops of step ${step} exceed loader.maxBoxes and are ignored, the smallest ` +
      'first; raise loader.maxBoxes to keep them. metrics.jsonl counts them for each step as omittedBoxes.';
    this.line(text);
    this.#onEvent({ event: 'warning', text });
  }
}

/** Milliseconds or seconds, to the thousandth. */
const rounded = (value: number) => Math.round(1000 * value) / 1000;

const prefixed = (prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}/${name}`, value]));
