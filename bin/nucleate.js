#!/usr/bin/env node
/**
 * Starts `nucleate`: runs Node again with the compiled sources and the environment variables that native libraries read
 * while they load. It needs no packages, so that it can say what is missing in a fresh clone.
 */
import { compileSources } from '../setup/compile.js';
import { nativeEnvironment } from '../setup/environment.js';
import { printFailure } from './failure.js';
import { launch } from './launch.js';

const args = process.argv.slice(2);
const json = args.includes('--json');

/** @returns {boolean} */
function packagesAreInstalled() {
  try {
    import.meta.resolve('esbuild');
    return true;
  } catch {
    return false;
  }
}

async function start() {
  if (!packagesAreInstalled())
    return fail({ what: 'The npm packages are not installed.', hint: 'npm run setup', code: 9 });
  let main;
  try {
    main = await compileSources();
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const hint = 'Fix src, or make dist writable and free disk space, then run npm run setup.';
    return fail({ what: `The sources cannot be compiled: ${message}`, hint, code: code ? 8 : 1 });
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
