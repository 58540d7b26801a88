#!/usr/bin/env node
/**
 * Starts `nucleate`: runs Node again with the compiled sources and the environment variables that native libraries read
 * while they load. It needs no packages, so that it can say what is missing in a fresh clone.
 */
import { printFailure } from './failure.js';
import { neededFiles, readLimits } from './limits.js';

const args = process.argv.slice(2);
const json = args.includes('--json');

/** @returns {boolean} */
function packagesAreInstalled() {
  try {
    import.meta.resolve('@tensorflow/tfjs');
    return true;
  } catch {
    return false;
  }
}

/** @returns {boolean} */
function workingFolderExists() {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}

async function start() {
  const { openFiles = Infinity } = readLimits();
  if (openFiles < neededFiles) {
    const what = `Only ${openFiles} files may be open at once; nucleate needs ${neededFiles}.`;
    return fail({ what, hint: 'Raise the limit: ulimit -n 1024', code: 8 });
  }
  // Loaded behind the check, since Node opens all modules of a file at once.
  const [{ compileSources }, { nativeEnvironment }, { runSetup }, { launch }] = await Promise.all([
    import('../setup/compile.js'),
    import('../setup/environment.js'),
    import('../setup/run-setup.js'),
    import('./launch.js'),
  ]);
  // It needs no packages, and installs them in a clone. No option that may stand before a command takes a value.
  const command = args.findIndex((argument) => !argument.startsWith('-'));
  if (args[command] === 'setup' && !args.some((argument) => ['--help', '-h'].includes(argument)))
    return runSetup(args.filter((_, index) => index !== command));
  if (!workingFolderExists()) {
    const what = 'The folder in which nucleate was started does not exist any more.';
    return fail({ what, hint: 'Change to another folder, then run again.', code: 8 });
  }
  if (!packagesAreInstalled())
    return fail({ what: 'The npm packages are not installed.', hint: 'npx nucleate setup', code: 9 });
  let main;
  try {
    main = await compileSources();
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code) {
      const what = `The sources have changed, and what is compiled of them cannot be written: ${message}.`;
      return fail({ what, hint: 'Make the folder dist writable and free disk space.', code: 8 });
    }
    const hint = 'Fix src, then run npx nucleate setup.';
    return fail({ what: `The sources cannot be compiled: ${message}`, hint, code: 1 });
  }
  const env = nativeEnvironment(process.env, { verbose: args.includes('--verbose') });
  const options = args.includes('--debug') ? ['--enable-source-maps'] : [];
  return launch([...options, main, ...args], { env, json });
}

/** @param {Parameters<typeof printFailure>[0]} failure */
function fail(failure) {
  printFailure(failure, { json });
  return failure.code;
}

process.exit(await start());
