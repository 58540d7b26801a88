import { MultiBar } from 'cli-progress';
import { progressBar, progressLine, type ProgressState } from './progress-line.js';

/** The display of one long task. */
export interface Progress {
  /**
   * Shows how many of the total are done, and a note beside it.
   *
   * @param secondsLeft Seconds to the end, if the task can estimate them better than from its speed so far.
   */
  update(done: number, note?: string, secondsLeft?: number): void;
  /** Prints a line without breaking the display. */
  log(line: string): void;
  /** Ends the display; a second call does nothing. */
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  /** 0 if it is not known. */
  readonly total: number;
  readonly stream: NodeJS.WriteStream;
  readonly shown: boolean;
  /** Seconds between two plain lines where no bar can be drawn: a log file should not fill with progress. */
  readonly plainSeconds: number;
}

export function startProgress(options: ProgressOptions): Progress {
  const { stream, shown } = options;
  if (!shown) return silentProgress(stream);
  // A dumb terminal cannot move its cursor, and a CI log keeps every redraw.
  const redraws = stream.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI'];
  return redraws ? barProgress(options) : plainProgress(options);
}

function silentProgress(stream: NodeJS.WriteStream): Progress {
  return { update: () => {}, log: (line) => void stream.write(`${line}\n`), stop: () => {} };
}

function plainProgress({ label, total, stream, plainSeconds }: ProgressOptions): Progress {
  const start = performance.now();
  let state: ProgressState = { label, done: 0, total, seconds: 0, note: '' };
  let printed = start;
  const print = () => void stream.write(`${progressLine(state)}\n`);
  return {
    update(done, note = '', secondsLeft) {
      const now = performance.now();
      state = { ...state, done, note, secondsLeft, seconds: (now - start) / 1000 };
      if (now - printed < 1000 * plainSeconds) return;
      printed = now;
      print();
    },
    log: (line) => void stream.write(`${line}\n`),
    stop: print,
  };
}

function barProgress({ label, total, stream }: ProgressOptions): Progress {
  const start = performance.now();
  let state: ProgressState = { label, done: 0, total, seconds: 0, note: '' };
  const bars = new MultiBar({
    stream,
    format: () => progressBar(state, stream.columns || 80),
    // A bar that is redrawn only on a change would disappear after a logged line.
    forceRedraw: true,
    // If line wrap were switched off, it would stay off after a crash.
    linewrap: true,
  });
  const bar = bars.create(total, 0);
  return {
    update(done, note = '', secondsLeft) {
      state = { ...state, done, note, secondsLeft, seconds: (performance.now() - start) / 1000 };
      bar.update(done);
    },
    log: (line) => (bars.isActive ? bars.log(`${line}\n`) : void stream.write(`${line}\n`)),
    stop() {
      bars.update();
      bars.stop();
    },
  };
}
