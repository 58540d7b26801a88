import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { printFailure } from './failure.js';
import { readLimits } from './limits.js';

/** Signals that ask the process to end. */
const endSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/** One request may arrive twice: npm and timeout(1) signal a process and then its whole group. */
const sameRequestMs = 300;

/** @type {Partial<Record<NodeJS.Signals, string>>} */
const crashes = {
  SIGABRT: 'Node or a native library aborted (SIGABRT).',
  SIGBUS: 'A native library crashed (SIGBUS).',
  SIGFPE: 'A native library crashed (SIGFPE).',
  SIGILL: 'A native library used an instruction that this processor lacks (SIGILL).',
  SIGKILL: 'The process was killed (SIGKILL), probably because the machine ran out of memory.',
  SIGSEGV: 'A native library crashed (SIGSEGV).',
  SIGTRAP: 'Node or a native library aborted (SIGTRAP).',
};

/**
 * Runs Node with the given arguments and the streams of this process until it ends.
 *
 * The child has its own session, so that it gets each signal once, from here. Otherwise a Ctrl-C would reach it twice, from
 * the terminal and from here. If this process is killed, bin/end-with-launcher.js ends the child.
 *
 * @param {string[]} nodeArguments
 * @param {{ env: NodeJS.ProcessEnv, json: boolean }} options `json` reports a crash as JSON on stdout.
 * @returns {Promise<number>} the exit status: the child's own, or 128 + the number of the signal that ended it
 */
export function launch(nodeArguments, { env, json }) {
  const endWithLauncher = new URL('./end-with-launcher.js', import.meta.url).href;
  // Before there is a child: a signal that ended this process just after would leave it alone.
  passSignals(() => child);
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--import', endWithLauncher, ...nodeArguments],
    {
      env,
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    },
  );
  return new Promise((resolve) => {
    child.on('error', (error) => {
      const what = `Node could not be started: ${error.message}.`;
      printFailure({ what, hint: 'Free memory or end other processes, then run again.', code: 9 }, { json });
      resolve(9);
    });
    child.on('exit', (status, signal) => {
      resolve(signal ? reportCrash(signal, { json }) : (status ?? 1));
    });
  });
}

/**
 * Whether this process ends when its terminal closes (SIGHUP): not under nohup(1), and not in the background without any
 * stream of a terminal. Whether nohup has ignored the signal cannot be read: Node resets that when it starts.
 */
const belongsToTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));

/** @param {() => import('node:child_process').ChildProcess} childOf Called when a signal comes. */
function passSignals(childOf) {
  for (const signal of endSignals) {
    if (signal === 'SIGHUP' && !belongsToTerminal) {
      process.on(signal, () => {});
      continue;
    }
    let last = -Infinity;
    process.on(signal, () => {
      const now = performance.now();
      if (now - last < sameRequestMs) return;
      last = now;
      childOf().kill(signal);
    });
  }
  process.on('SIGWINCH', () => childOf().kill('SIGWINCH'));
  process.on('SIGCONT', () => signalGroup(childOf(), 'SIGCONT'));
  process.on('SIGTSTP', () => {
    signalGroup(childOf(), 'SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
}

/**
 * Sends a signal to the child and to all that it has started: a stopped process cannot forward signals.
 *
 * @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, signal);
}

/** How Node and libraries end that get no memory. */
const withoutMemory = ['SIGABRT', 'SIGBUS', 'SIGSEGV', 'SIGTRAP'];

/**
 * @param {NodeJS.Signals} signal @param {{ json: boolean }} options
 * @returns {number} the exit status
 */
function reportCrash(signal, { json }) {
  const { memoryBytes } = readLimits();
  if (memoryBytes !== undefined && withoutMemory.includes(signal)) {
    const what = `The process ended by ${signal}, probably because its memory is limited to ${Math.round(memoryBytes / 2 ** 20)} MiB (ulimit -v).`;
    const hint = 'Raise the limit (ulimit -v unlimited), or use a smaller batch or smaller tiles.';
    printFailure({ what, hint, code: 4 }, { json });
    return 4;
  }
  const what = crashes[signal];
  if (!what) return statusOf(signal);
  const hint =
    signal === 'SIGKILL'
      ? 'Use a smaller batch or smaller tiles, or free memory; a training can be resumed.'
      : 'Run again with --debug and report it; a training can be resumed.';
  printFailure({ what, hint, code: statusOf(signal) }, { json });
  return statusOf(signal);
}

/** @param {NodeJS.Signals} signal */
const statusOf = (signal) => 128 + constants.signals[signal];
