import { stripVTControlCharacters } from 'node:util';
import { encodePng } from '../data/image/image-io.js';
import type { StepDone, ValidationDone } from './events.js';
import { isSystemError } from '../run/durable-files.js';
import { writeValidationImages } from '../run/validation-images.js';
import { AppendLog } from '../run/logs/append-log.js';
import { metricsLine } from '../run/logs/metrics.js';
import { runFiles } from '../run/run-folder.js';
import { EventFile } from '../run/tensorboard/event-file.js';
import type { ValidationResult } from './task.js';

export interface RunLogOptions {
  /** Steps done when the process begins. */
  readonly step: number;
  /** Bytes of `metrics.jsonl` that belong to them. */
  readonly metricsBytes: number;
  readonly now: () => Date;
  /** Told, in a sentence, when a log cannot be written; training goes on. */
  readonly onTrouble: (sentence: string) => void;
}

/** `train.log` shows at least so often that the run moves. */
const lineIntervalMs = 60_000;

/**
 * The logs of a run: `train.log` for people, `metrics.jsonl` for programs, event files for TensorBoard, `eval/` with the
 * images of the last and the best validation.
 */
export class RunLog {
  readonly #text: AppendLog;
  readonly #metrics: AppendLog;
  readonly #events: EventFile;
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #onTrouble: (sentence: string) => void;
  #lastLine = performance.now();

  /** @throws {NucleateError} Exit code 8 if a log cannot be made. */
  constructor(runFolder: string, { step, metricsBytes, now, onTrouble }: RunLogOptions) {
    const files = runFiles(runFolder);
    this.#folder = runFolder;
    this.#now = now;
    this.#onTrouble = onTrouble;
    this.#text = new AppendLog(files.log, { onTrouble });
    this.#metrics = new AppendLog(files.metrics, { keepBytes: metricsBytes, onTrouble });
    this.#events = new EventFile(files.tensorboard, { step, now: now(), onTrouble });
  }

  /** A line of `train.log`, with the time before it. */
  line(text: string): void {
    const oneLine = stripVTControlCharacters(text).replaceAll(/\p{Cc}+/gu, ' ');
    this.#lastLine = performance.now();
    this.#text.append(`${this.#now().toISOString()} ${oneLine}\n`);
  }

  step({ step, loss, parts, gradientNorm, learningRate, epoch, memoryMiB, ...others }: StepDone): void {
    const [stepMs, dataMs] = [rounded(others.stepMs), rounded(others.dataMs)];
    const scale = others.lossScale === undefined ? {} : { lossScale: others.lossScale };
    const omitted = others.omittedBoxes === undefined ? {} : { omittedBoxes: others.omittedBoxes };
    const numbers = { loss, ...parts, gradientNorm, learningRate, ...scale, epoch, ...omitted };
    this.#metrics.append(metricsLine({ step, kind: 'train', ...numbers, stepMs, dataMs, memoryMiB }));
    this.#events.scalars(step, this.#now(), {
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
  }

  async validation(
    { step, score, metrics, best, seconds }: ValidationDone,
    { pictures, images, examples }: Pick<ValidationResult, 'pictures' | 'images' | 'examples'>,
  ): Promise<void> {
    this.#metrics.append(
      metricsLine({ step, kind: 'validation', score, ...metrics, seconds: rounded(seconds) }),
    );
    const numbers = Object.entries({ score, ...metrics }).filter(
      (entry): entry is [string, number] => entry[1] !== null,
    );
    this.#events.scalars(step, this.#now(), prefixed('validation', Object.fromEntries(numbers)));
    for (const { name, image } of pictures) {
      const { width, height, channels } = image;
      const png = await encodePng(image);
      this.#events.image(step, this.#now(), `validation/${name}`, { width, height, channels, png });
    }
    try {
      const pngs: Buffer[] = [];
      for (const { image } of examples) pngs.push(await encodePng(image));
      const files = examples.map(({ id, kind, score }, index) => ({
        id,
        kind,
        score,
        file: `${kind}-${index}.png`,
      }));
      const evaluation = { step, score, images: [...images], examples: files };
      writeValidationImages(this.#folder, evaluation, { pngs, bestStep: best.step });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#onTrouble(`eval cannot be written: ${error.message}.`);
    }
  }

  /** Waits until the disk has all lines of `metrics.jsonl`, and tells how many bytes they are. */
  syncMetrics(): number {
    this.#metrics.sync();
    return this.#metrics.bytes;
  }

  close(): void {
    this.#text.close();
    this.#metrics.close();
    this.#events.close();
  }
}

/** Milliseconds or seconds, to the thousandth. */
const rounded = (value: number) => Math.round(1000 * value) / 1000;

const prefixed = (prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}/${name}`, value]));
