import path from 'node:path';
import type { TaskConfig, TrainRequest } from '../../train/train-request.js';
import { type StopSignal, exitCodeOf } from '../../train/ending.js';
import { dryRun, type Forecast } from '../../train/dry-run.js';
import type { RunEnded, RunStarted, TrainEvent } from '../../train/events.js';
import { folderOfStep } from '../../run/checkpoints/folders.js';
import { runFiles } from '../../run/run-folder.js';
import { trainRun } from '../../train/train-run.js';
import type { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { TrainDisplay } from './display.js';
import { stopOnSignals } from './stop-signals.js';

/** Trains and shows the progress. A signal stops the training after a checkpoint and sets the exit code. */
export async function runTraining<C extends TaskConfig>(
  terminal: Terminal,
  request: Omit<TrainRequest<C>, 'stop' | 'onEvent' | 'onImage'>,
): Promise<void> {
  const display = new TrainDisplay(terminal);
  let started: RunStarted | undefined;
  const { stop, listen, release } = stopOnSignals((signal) =>
    terminal.notice(
      `${signal}: finishing the step and saving; a second ${signal} ends at once, without saving`,
    ),
  );
  const onEvent = (event: TrainEvent) => {
    if (event.event === 'started') {
      started = event;
      listen();
    }
    terminal.event(event);
    display.show(event);
  };
  try {
    const ended = await trainRun({ ...request, stop, onEvent, onImage: readingProgress(terminal) });
    terminal.summary(endText(ended, started!));
    if (ended.ending in exitCodeOf) process.exitCode = exitCodeOf[ended.ending as keyof typeof exitCodeOf];
  } finally {
    release();
  }
}

/** Tries each part of a training and prints what the whole training will need. */
export async function tryTraining<C extends TaskConfig>(
  terminal: Terminal,
  request: Omit<TrainRequest<C>, 'stop' | 'onEvent' | 'onImage' | 'place'>,
): Promise<void> {
  let stopped: StopSignal | undefined;
  const { stop, listen, release } = stopOnSignals((signal) => void (stopped = signal));
  listen();
  try {
    const onEvent = () => {};
    const forecast = await dryRun({ ...request, stop, onEvent, onImage: readingProgress(terminal) });
    if (forecast) terminal.result({ text: forecastText(forecast, request.config), value: forecast });
    else if (stopped) process.exitCode = exitCodeOf[stopped];
  } finally {
    release();
  }
}

function readingProgress(terminal: Terminal): (done: number, total: number) => void {
  let reading: Progress | undefined;
  return (done, total) => {
    reading ??= terminal.progress('reading', total);
    reading.update(done);
    if (done === total) terminal.endProgress();
  };
}

function forecastText(forecast: Forecast, { budget, validation, checkpoints }: TaskConfig): string {
  const { stepMs, dataMs, validationSeconds, checkpointSeconds, minutes } = forecast;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  return [
    `step        ${Math.round(stepMs)} ms, and ${Math.round(dataMs)} ms of waiting for data`,
    `validation  ${validationSeconds.toFixed(1)} s, every ${validation.everySteps} steps`,
    `checkpoint  ${checkpointSeconds.toFixed(1)} s, every ${checkpoints.everySteps} steps; loading and resuming work`,
    `disk        ${gigabytes(forecast.diskBytes)} for the checkpoints`,
    `memory      ${gigabytes(forecast.memoryBytes)}`,
    minutes === null
      ? `whole run   no limit of steps${budget.minutes > 0 ? `; stops after ${budget.minutes} min` : ''}`
      : `whole run   ${budget.steps} steps, about ${minutes < 120 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`}`,
  ].join('\n');
}

const endings = {
  steps: 'all steps are done',
  patience: 'the score stopped improving',
  minutes: 'the time is used up',
  SIGINT: 'stopped by Ctrl-C',
  SIGTERM: 'stopped by SIGTERM',
  SIGHUP: 'stopped because its terminal was closed',
} as const;

function endText(
  { ending, folder, step, best, seconds }: RunEnded,
  { task, scoreName }: Pick<RunStarted, 'task' | 'scoreName'>,
): string {
  const { checkpoints, tensorboard, metrics } = runFiles(folder);
  const isFinished = ending === 'steps' || ending === 'patience';
  return [
    `ended       at step ${step}, ${endings[ending]}; ${(seconds / 60).toFixed(1)} min of training`,
    best
      ? `best        ${scoreName} ${best.score.toFixed(4)} at step ${best.step}: ${path.join(checkpoints, folderOfStep(best.step))}`
      : 'best        not validated yet',
    `last        ${path.join(checkpoints, folderOfStep(step))}`,
    `metrics     ${metrics}; tensorboard --logdir ${tensorboard}`,
    `next        nucleate ${isFinished ? `runs show ${folder}` : `train ${task} --resume ${folder}`}`,
  ].join('\n');
}
