import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nativeEnvironment } from '../../setup/environment.js';
import type { TrainEvent } from '../../src/train/events.js';
import type { TinyChanges } from './tiny-task.js';

const script = fileURLToPath(new URL('./tiny.child.ts', import.meta.url));

export interface TinyProcessOptions {
  /** A signal that the process sends itself after this many writes of checkpoints. */
  readonly atWrite?: { readonly count: number; readonly signal: NodeJS.Signals };
  /** Called with each line of stdout and a function that sends the process a signal. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Global options; `--json` unless given. */
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A program and arguments that the process is started through. */
  readonly within?: readonly string[];
}

export interface TinyEnded {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Trains the tiny task in its own process, in `folder`, and waits until it ends. */
export function trainInProcess(
  folder: string,
  changes: TinyChanges,
  { atWrite, onLine, flags = ['--json'], env, within = [] }: TinyProcessOptions = {},
): Promise<TinyEnded> {
  const { PATH, HOME, TF_NUM_INTRAOP_THREADS } = process.env;
  // The same settings as this process: numbers are compared to the bit.
  const same = { PATH, HOME, ...(TF_NUM_INTRAOP_THREADS !== undefined && { TF_NUM_INTRAOP_THREADS }) };
  const own = [process.execPath, '--import', 'tsx', script, folder, JSON.stringify(changes)];
  const [program, ...args] = [
    ...within,
    ...own,
    `${atWrite?.count ?? 0}`,
    atWrite?.signal ?? 'none',
    ...flags,
  ];
  const child = spawn(program!, args, {
    env: { ...nativeEnvironment(same, { verbose: false }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, rest] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine?.(line, (signal) => void child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** The events that a process has printed under `--json`. */
export const eventsOf = ({ stdout }: TinyEnded): TrainEvent[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainEvent);
