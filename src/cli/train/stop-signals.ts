import { type StopSignal, exitCodeOf } from '../../train/ending.js';

const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** One request may arrive twice, directly and through bin/launch.js: systemd and `pkill -f` signal every process. */
const sameRequestMs = 500;

/**
 * Turns the first signal into a request to stop; the second ends the process.
 *
 * @param onFirst Called with the first signal.
 * @returns `listen` begins. Before that there is nothing to save, and a signal ends the process at once, also while
 *   TensorFlow or a read keeps it from noticing.
 */
export function stopOnSignals(onFirst: (signal: StopSignal) => void): {
  readonly stop: AbortSignal;
  readonly listen: () => void;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const handlers = signals.map((signal) => {
    let last = -Infinity;
    const handler = () => {
      const isRepeated = performance.now() - last < sameRequestMs;
      last = performance.now();
      if (isRepeated) return;
      if (controller.signal.aborted) process.exit(exitCodeOf[signal]);
      onFirst(signal);
      controller.abort(signal);
    };
    return { signal, handler };
  });
  return {
    stop: controller.signal,
    listen: () => handlers.forEach(({ signal, handler }) => process.on(signal, handler)),
    release: () => handlers.forEach(({ signal, handler }) => process.off(signal, handler)),
  };
}
