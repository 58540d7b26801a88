import { exitCodes, NucleateError } from '../../errors.js';
import type { Terminal } from '../terminal.js';

/**
 * s that the image at hand may take to end after a signal; then the process ends without it. Clusters kill 30 s after the
 * signal (SLURM's KillWait, Kubernetes' terminationGracePeriodSeconds).
 */
const graceSeconds = 20;

/**
 * Turns SIGTERM, SIGINT and SIGHUP into a request to stop. All images that are done are on the disk at any time, so there is nothing
 * to save; ending at the next image only saves work.
 *
 * @returns `check` throws once a signal has come: exit code 75. `release` ends listening.
 */
export function stopShardOnSignals(terminal: Terminal): { check: () => void; release: () => void } {
  let stopped: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopped !== undefined) return;
    stopped = signal;
    terminal.notice(
      `${signal}: ending after this image, at most ${graceSeconds} s; the next run goes on from there`,
    );
    timer = setTimeout(() => process.exit(exitCodes.again), graceSeconds * 1000);
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    check: () => {
      if (stopped === undefined) return;
      throw new NucleateError({
        what: `The shard was stopped by ${stopped}; what is done is saved.`,
        hint: 'Run the same command again: it goes on where it ended.',
        exitCode: exitCodes.again,
      });
    },
    release: () => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
