import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a command ended. */
export interface CommandEnd {
  /** Its exit code, or 128 + the number of the signal that ended it. */
  readonly status: number;
  readonly seconds: number;
  /** What it printed, if captured; otherwise empty. */
  readonly stdout: string;
}

/** Forwarded to the command: the launcher sends these signals to this process only. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH'] as const;

const { SIGINT, SIGTERM, SIGHUP, SIGQUIT } = constants.signals;

/** Whether an exit code says that the command was asked to end. */
export const isInterruption = (status: number): boolean =>
  [SIGINT, SIGTERM, SIGHUP, SIGQUIT].some((number) => status === 128 + number);

/**
 * Runs another command of nucleate until it ends, with the streams of this process.
 *
 * Starts the program of this process again, as bin/launch.js did, with other arguments. It ends when this process is
 * killed. It is in the same process group, so it is stopped together with this process.
 *
 * @param options.capture Whether to keep its stdout instead of showing it.
 * @throws {Error} If Node cannot be started.
 */
export function runCommand(args: readonly string[], { capture }: { capture: boolean }): Promise<CommandEnd> {
  const began = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit', 'ipc'],
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));

  let requested: NodeJS.Signals | undefined;
  const handlers = forwarded.map((signal) => {
    const forward = () => {
      if (signal !== 'SIGWINCH') requested = signal;
      child.kill(signal);
    };
    process.on(signal, forward);
    return () => process.off(signal, forward);
  });
  return new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // A requested stop counts even if the command had just finished.
      const ended = signal ?? (code === 0 ? requested : undefined);
      const status = ended ? 128 + constants.signals[ended] : (code ?? 1);
      resolve({ status, seconds: (performance.now() - began) / 1000, stdout });
    });
  }).finally(() => handlers.forEach((release) => release()));
}
