import path from 'node:path';
import { dryRun, type Forecast } from '../../train/dry-run.js';
import type { RunEnded, StopSignal, TrainEvent } from '../../train/events.js';
import { folderOfStep } from '../../run/checkpoints/folders.js';
import { runFiles } from '../../run/run-folder.js';
import { exitCodeOf, type TaskConfig, trainRun, type TrainRequest } from '../../train/train-run.js';
import type { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { TrainDisplay } from './display.js';
import { stopOnSignals } from './stop-signals.js';

/**
 * Trains and shows how it goes; a signal stops it after a checkpoint, and the exit code of the process tells which.
 */
export async function runTraining<C extends TaskConfig>(
  terminal: Terminal,
  request: Omit<TrainRequest<C>, 'stop' | 'onEvent' | 'onImage'>,
): Promise<void> {
  const display = new TrainDisplay(terminal);
  let hasStarted = false;
  const onEvent = (event: TrainEvent) => {
    hasStarted ||= event.event === 'started';
    terminal.event(event);
    display.show(event);
  };
  const { stop, release } = stopOnSignals((signal) => {
    if (hasStarted)
      terminal.notice(`${signal}: finishing the step and saving; a second one ends at once, without saving`);
    return !hasStarted;
  });
  try {
    const ended = await trainRun({ ...request, stop, onEvent, onImage: readingProgress(terminal) });
    terminal.summary(endText(ended, request.config.task));
    if (ended.ending in exitCodeOf) process.exitCode = exitCodeOf[ended.ending as keyof typeof exitCodeOf];
  } finally {
    release();
  }
}

/** Tries each part of a training and prints what the whole of it will need. */
export async function tryTraining<C extends TaskConfig>(
  terminal: Terminal,
  request: Omit<TrainRequest<C>, 'stop' | 'onEvent' | 'onImage' | 'place'>,
): Promise<void> {
  let stopped: StopSignal | undefined;
  const { stop, release } = stopOnSignals((signal) => {
    stopped = signal;
    return false;
  });
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
    `checkpoint  ${checkpointSeconds.toFixed(1)} s, every ${checkpoints.everySteps} steps; loaded and gone on with`,
    `disk        ${gigabytes(forecast.diskBytes)} for all checkpoints that are kept`,
    `memory      ${gigabytes(forecast.memoryBytes)}`,
    minutes === null
      ? `whole run   without a limit of steps${budget.minutes > 0 ? `; stops after ${budget.minutes} min` : ''}`
      : `whole run   ${budget.steps} steps, about ${minutes < 120 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`}`,
  ].join('\n');
}

const endings = {
  steps: 'all its steps are done',
  patience: 'the score has stopped to rise',
  minutes: 'its time is over',
  SIGINT: 'interrupted by Ctrl-C',
  SIGTERM: 'interrupted by SIGTERM',
  SIGHUP: 'interrupted, its terminal was closed',
} as const;

function endText({ ending, folder, step, best, seconds }: RunEnded, task: string): string {
  const { checkpoints, tensorboard, metrics } = runFiles(folder);
  const isFinished = ending === 'steps' || ending === 'patience';
  return [
    `ended       at step ${step}, ${endings[ending]}; ${(seconds / 60).toFixed(1)} min of training`,
    best
      ? `best        ${best.score.toFixed(4)} at step ${best.step}: ${path.join(checkpoints, folderOfStep(best.step))}`
      : 'best        not validated yet',
    `last        ${path.join(checkpoints, folderOfStep(step))}`,
    `figures     ${metrics}; tensorboard --logdir ${tensorboard}`,
    `next        nucleate ${isFinished ? `runs show ${folder}` : `train ${task} --resume ${folder}`}`,
  ].join('\n');
}
