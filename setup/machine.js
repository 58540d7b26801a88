import { spawnSync } from 'node:child_process';
import { SetupStop } from './stop.js';

/** @param {(string | undefined)[]} names @param {string[]} args */
const firstThatRuns = (names, args) =>
  names.find((name) => name && spawnSync(name, args, { stdio: 'ignore' }).status === 0);

export const gpuAnswers = () => firstThatRuns(['nvidia-smi'], ['-L']) !== undefined;

/** Throws on a machine that Node or the TensorFlow library does not support. */
export function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    const hint = 'Install Node 20.19 or later: https://nodejs.org';
    throw new SetupStop(`Node ${process.versions.node} is too old.`, hint);
  }
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  if (process.platform !== 'linux' || process.arch !== 'x64' || !report.header.glibcVersionRuntime) {
    throw new SetupStop(
      `There is no TensorFlow library for ${process.platform} ${process.arch} with this C library.`,
      'Use Linux on x86-64 with glibc. Or use --device wasm (in a clone run npm ci first), which can predict and score, not train.',
    );
  }
}

/**
 * Finds the programs that set-up calls; the error names all that are missing.
 *
 * @param {{ withPip: boolean }} options whether there is something to download
 * @returns {{ python: string, compiler: string }}
 */
export function findTools({ withPip }) {
  const python = firstThatRuns(
    ['python3', 'python'],
    ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
  );
  const compiler = firstThatRuns([process.env.CXX, 'c++', 'g++', 'clang++'], ['--version']);
  const missing = [];
  if (!python) missing.push(['Python 3.8 or later', 'python3', 'python3-pip']);
  else if (withPip && !firstThatRuns([python], ['-m', 'pip', '--version']))
    missing.push(['pip', 'python3-pip']);
  if (!compiler) missing.push(['a C++ compiler', 'g++']);
  if (python && compiler && missing.length === 0) return { python, compiler };
  throw new SetupStop(
    `This machine lacks ${missing.map(([what]) => what).join(' and ')}.`,
    `Install, on Debian or Ubuntu: apt install ${missing.flatMap(([, ...packages]) => packages).join(' ')}`,
  );
}
