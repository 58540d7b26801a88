import { type StopSignal, exitCodeOf } from '../../train/ending.js';

const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** One request may arrive twice, directly and through bin/launch.js: systemd and `pkill -f` signal every process. */
const sameRequestMs = 500;

/**
 * Turns the first signal into a request to stop; the second ends the process.
 *
 * @param onFirst Called with the first signal; returns whether to end the process at once because nothing is lost.
 */
export function stopOnSignals(onFirst: (signal: StopSignal) => boolean): {
  readonly stop: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const handlers = signals.map((signal) => {
    let last = -Infinity;
    const handler = () => {
      const isRepeated = performance.now() - last < sameRequestMs;
      last = performance.now();
      if (isRepeated) return;
      if (controller.signal.aborted || onFirst(signal)) process.exit(exitCodeOf[signal]);
      controller.abort(signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    stop: controller.signal,
    release: () => handlers.forEach(({ signal, handler }) => process.off(signal, handler)),
  };
}
