/** `nucleate finetune` as a process of its own: the page goes on while it learns. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { FinetuneEvent, FinetuneStarted } from '../../../finetune/finetune-events.js';
import { packageRoot } from '../../../package-root.js';

export interface FinetuneArguments {
  /** Model folder to begin with. */
  readonly model: string;
  /** Dataset. */
  readonly data: string;
  readonly minutes: number;
  /** Model folder to write. */
  readonly out: string;
  /** For the trainings. */
  readonly runDir: string;
  /** With the fold that validates. */
  readonly split?: { readonly file: string; readonly fold: number } | undefined;
}

/** How it ended. */
export type FinetuneOutcome =
  | { readonly kind: 'finished'; readonly before: number; readonly after: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly why: string };

export interface RunningFinetune {
  readonly outcome: Promise<FinetuneOutcome>;
  /** Lets it finish its step and save. */
  stop(): void;
}

/**
 * Starts it.
 *
 * @param onProgress Called with a sentence, and with the part of the steps that is done, 0 to 1.
 */
export function startFinetune(
  { model, data, minutes, out, runDir, split }: FinetuneArguments,
  onProgress: (message: string, progress: number) => void,
): RunningFinetune {
  const launcher = path.join(packageRoot, 'bin/nucleate.js');
  const chosen = split ? ['--split', split.file, '--fold', String(split.fold)] : [];
  const child = spawn(
    process.execPath,
    [
      ...[launcher, 'finetune', model, '--data', data, '--minutes', String(minutes)],
      ...['--out', out, '--run-dir', runDir, ...chosen, '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let outcome: FinetuneOutcome = { kind: 'failed', why: 'It ended without a word.' };
  const reporter = new Reporter(onProgress);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const event = parseEvent(line);
    if (event === undefined) return;
    if ('error' in event)
      outcome = { kind: 'failed', why: `${event.error.what} ${event.error.hint ?? ''}`.trim() };
    else if (event.event !== 'ended') reporter.report(event);
    else if (event.ending !== 'finished') outcome = { kind: 'stopped' };
    else outcome = { kind: 'finished', before: event.before.score, after: event.after.score };
  });
  let isStopped = false;
  return {
    outcome: new Promise((resolve) => {
      child.on('error', (error) =>
        resolve({ kind: 'failed', why: `It could not be started: ${error.message}.` }),
      );
      child.on('close', () =>
        resolve(isStopped && outcome.kind === 'failed' ? { kind: 'stopped' } : outcome),
      );
    }),
    stop: () => {
      isStopped = true;
      child.kill('SIGTERM');
    },
  };
}

type Line = FinetuneEvent | { readonly error: { readonly what: string; readonly hint?: string } };

function parseEvent(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}

/** Turns the events of a fine-tuning into sentences. */
class Reporter {
  readonly #onProgress: (message: string, progress: number) => void;
  #plan: FinetuneStarted | undefined;
  #progress = 0;

  constructor(onProgress: (message: string, progress: number) => void) {
    this.#onProgress = onProgress;
  }

  report(event: Exclude<FinetuneEvent, { event: 'ended' }>): void {
    const say = (message: string) => this.#onProgress(message, this.#progress);
    switch (event.event) {
      case 'reading':
        return say(`Reading the images: ${event.done} of ${event.total}.`);
      case 'scoring':
        return say(`Measuring the score: ${event.done} of ${event.total} images.`);
      case 'measuring':
        return say('Measuring how long a step takes.');
      case 'plan':
        this.#plan = event;
        return say('Learning begins.');
      case 'training':
        if (event.about.event !== 'step') return;
        this.#progress = this.#partOf(event.stage, event.about.step);
        return say(
          `The ${event.stage} learns: step ${event.about.step} of ${this.#plan?.steps[event.stage] ?? '?'}.`,
        );
      case 'packing':
        return say('Making one model of both networks.');
      case 'choosing':
        return say('Choosing thresholds.');
      case 'warning':
        return;
    }
  }

  /** By the seconds of a step of each stage, where they were measured. */
  #partOf(stage: 'detector' | 'segmenter', step: number): number {
    if (!this.#plan) return 0;
    const { steps, seconds } = this.#plan;
    const [first, second] = [
      steps.detector * (seconds?.detector ?? 1),
      steps.segmenter * (seconds?.segmenter ?? 1),
    ];
    const done =
      stage === 'detector' ? (first * step) / steps.detector : first + (second * step) / steps.segmenter;
    return Math.min(1, done / (first + second));
  }
}
