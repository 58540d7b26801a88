import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a command has ended. */
export interface CommandEnd {
  /** Its exit code, or 128 + the number of the signal that ended it. */
  readonly status: number;
  readonly seconds: number;
  /** What it has printed there, if it was captured. */
  readonly stdout: string;
}

/** The launcher hands them to this process alone: the command has no terminal that would. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH'] as const;

/**
 * Runs another command of nucleate until it ends, with the streams of this process.
 *
 * It is this process once more, as bin/launch.js has started it, with other arguments: so it ends if this one is
 * killed, and stops where this one is stopped, being of the same process group.
 *
 * @param options.capture Whether its stdout is kept instead of shown.
 * @throws {Error} If Node cannot be started.
 */
export function runCommand(args: readonly string[], { capture }: { capture: boolean }): Promise<CommandEnd> {
  const began = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit', 'ipc'],
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));

  let asked: NodeJS.Signals | undefined;
  const handlers = passedOn.map((signal) => {
    const pass = () => {
      if (signal !== 'SIGWINCH') asked = signal;
      child.kill(signal);
    };
    process.on(signal, pass);
    return () => process.off(signal, pass);
  });
  return new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // Who asks for an end gets it, also if the command was just done.
      const ended = signal ?? (code === 0 ? asked : undefined);
      const status = ended ? 128 + constants.signals[ended] : (code ?? 1);
      resolve({ status, seconds: (performance.now() - began) / 1000, stdout });
    });
  }).finally(() => handlers.forEach((release) => release()));
}
