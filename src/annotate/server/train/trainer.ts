/** Trainings from the page: always from the first model, over all that is reviewed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../../data/read/dataset.js';
import { logEnding } from '../../../data/read/annotations-folder.js';
import { writeSplit } from '../../../data/split/split-file.js';
import { exitCodes, NucleateError } from '../../../errors.js';
import { makeFolders } from '../../../make-folders.js';
import type { TrainRound, TrainStatus } from '../../protocol/messages.js';
import { readLogFile } from '../log-file.js';
import type { Workplace } from '../workplace.js';
import { effortOf } from './effort.js';
import { type FinetuneOutcome, type RunningFinetune, startFinetune } from './finetune-process.js';
import { appendRound, readRounds, trainingFiles } from './rounds.js';
import { controlFold, splitOffControls } from './split-off-controls.js';

export interface TrainerOptions {
  /** Model folder that every training begins with. */
  readonly model: string;
  /** Names of the images that measure the model. */
  readonly controls: ReadonlySet<string>;
  /** Hash of the model that answers. */
  readonly serving: () => string;
  /** Makes a model answer from now on. */
  readonly onModel: (folder: string) => Promise<void>;
}

/** What a training was begun with. */
interface Begun {
  readonly attempt: number;
  readonly images: number;
  readonly hasControls: boolean;
}

export class Trainer {
  readonly #workplace: Workplace;
  readonly #options: TrainerOptions;
  readonly #files: ReturnType<typeof trainingFiles>;
  readonly #rounds: TrainRound[];
  #now: Omit<TrainStatus, 'rounds'>;
  #running: RunningFinetune | undefined;
  #end: Promise<void> = Promise.resolve();

  /** @throws {NucleateError} Exit code 3 if the list of earlier trainings is damaged. */
  constructor(workplace: Workplace, options: TrainerOptions) {
    this.#workplace = workplace;
    this.#options = options;
    this.#files = trainingFiles(workplace.annotations, workplace.annotator);
    this.#rounds = readRounds(this.#files.rounds);
    this.#now = { state: 'idle', message: '', progress: 0 };
  }

  get status(): TrainStatus {
    return { ...this.#now, rounds: this.#rounds };
  }

  /** The model of the last training that made none that is worse, if it is still there. */
  get lastModel(): string | undefined {
    const last = this.#rounds.findLast(({ isTaken }) => isTaken);
    if (!last) return undefined;
    const { model } = this.#files.ofAttempt(last.round);
    return existsSync(model) ? model : undefined;
  }

  /**
   * Begins a training.
   *
   * @throws {NucleateError} Exit code 2 while one is running, or if nothing is reviewed; 3 for an image that cannot be read; 8 if
   *   nothing can be written.
   */
  async start(minutes: number): Promise<void> {
    if (this.#now.state === 'running') throw refused('A training is running.', 'Wait for it, or stop it.');
    const before = this.#now;
    this.#now = { state: 'running', message: 'Collecting what is reviewed.', progress: 0 };
    try {
      const begun = await this.#prepare();
      const files = this.#files.ofAttempt(begun.attempt);
      const { model } = this.#options;
      this.#running = startFinetune(
        {
          ...{ model, minutes, out: files.model, runDir: files.run },
          data: path.join(this.#workplace.annotations, this.#workplace.annotator),
          split: begun.hasControls ? { file: files.split, fold: controlFold } : undefined,
        },
        (message, progress) => (this.#now = { state: 'running', message, progress }),
      );
      this.#end = this.#running.outcome.then((outcome) => this.#finish(outcome, begun));
    } catch (error) {
      this.#now = before;
      throw error;
    }
  }

  /** Ends it after its step; without one, nothing happens. */
  stop(): void {
    if (!this.#running) return;
    this.#now = { ...this.#now, message: 'Stopping.' };
    this.#running.stop();
  }

  /** Stops it, and waits until it has ended. */
  async close(): Promise<void> {
    this.stop();
    await this.#end;
  }

  async #prepare(): Promise<Begun> {
    const { folder, annotator } = this.#workplace;
    const dataset = await openDataset(folder, { annotator }).catch((error: unknown) => {
      throw error instanceof NucleateError && error.where === folder ? nothingReviewed() : error;
    });
    try {
      if (dataset.images.length === 0) throw nothingReviewed();
      const isControl = (file: string) =>
        this.#options.controls.has(path.relative(folder, file).replaceAll(path.sep, '/'));
      if (dataset.images.every(({ place }) => isControl(place))) throw onlyControls();
      const split = await splitOffControls(dataset, isControl, 1);
      let attempt = 1;
      while (existsSync(this.#files.ofAttempt(attempt).folder)) attempt++;
      const files = this.#files.ofAttempt(attempt);
      makeFolders(files.folder);
      if (split) await writeSplit(files.split, split);
      return { attempt, images: dataset.images.length, hasControls: split !== null };
    } finally {
      await dataset.close();
    }
  }

  async #finish(outcome: FinetuneOutcome, { attempt, images, hasControls }: Begun): Promise<void> {
    this.#running = undefined;
    const end = (state: 'done' | 'failed' | 'stopped', message: string) => {
      this.#now = { state, message, progress: state === 'done' ? 1 : 0 };
    };
    if (outcome.kind === 'stopped')
      return end('stopped', 'The training was stopped; the model is the one of before.');
    if (outcome.kind === 'failed') return end('failed', outcome.why);
    try {
      const { model } = this.#files.ofAttempt(attempt);
      // What is worse than the first model must not answer in place of what there is.
      const isTaken = !hasControls || outcome.after >= outcome.before;
      if (isTaken) await this.#options.onModel(model);
      const logs = this.#workplace.images.map(({ stem }) => readLogFile(stem + logEnding).events);
      const { minutes, clicks, nuclei } = effortOf(logs, this.#rounds.at(-1)?.finished);
      const [before, after] = hasControls ? [outcome.before, outcome.after] : [null, null];
      const round: TrainRound = {
        ...{ round: attempt, finished: new Date().toISOString(), minutes, clicks, nuclei, images },
        ...{ before, after, isTaken, model: this.#options.serving() },
      };
      appendRound(this.#files.rounds, round);
      this.#rounds.push(round);
      end('done', !hasControls ? withoutControls : isTaken ? taken : notTaken);
    } catch (error) {
      end('failed', `The new model cannot be used: ${(error as Error).message}`);
    }
  }
}

const taken = 'The new model answers from now on.';

const notTaken =
  'The new model is worse on the images that measure it, so the one of before goes on answering.';

const withoutControls =
  'The new model answers from now on. How much better it is, is not known: review images that are marked as measuring the model.';

const refused = (what: string, hint: string) => new NucleateError({ what, hint, exitCode: exitCodes.usage });

const nothingReviewed = () =>
  refused('Nothing is reviewed yet.', 'Correct the nuclei of a region, and mark it as reviewed.');

const onlyControls = () =>
  refused(
    'Only images that measure the model are reviewed.',
    'Review another one; these are never learnt from.',
  );
