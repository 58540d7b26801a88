#!/usr/bin/env node
/**
 * Starts `nucleate`: Node once more, with the loader for TypeScript and the environment that native libraries read
 * while they load. Without dependencies, so that it can say what is missing in a fresh clone.
 */
import { fileURLToPath } from 'node:url';
import { nativeEnvironment } from '../setup/environment.js';
import { printFailure } from './failure.js';
import { launch } from './launch.js';

/** @param {string} file */
const fromRoot = (file) => new URL(`../${file}`, import.meta.url);

/** @returns {string | undefined} the address of the TypeScript loader, if the npm packages are installed */
function findLoader() {
  try {
    return import.meta.resolve('tsx');
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
const json = args.includes('--json');
const loader = findLoader();

if (loader === undefined) {
  const failure = { what: 'The npm packages are not installed.', mend: 'npm run setup', code: 9 };
  printFailure(failure, { json });
  process.exitCode = failure.code;
} else {
  const env = {
    ...nativeEnvironment(process.env, { verbose: args.includes('--verbose') }),
    // Otherwise a tsconfig.json of the folder in which the user works could swap modules of nucleate.
    TSX_TSCONFIG_PATH: fileURLToPath(fromRoot('tsconfig.json')),
  };
  const main = fileURLToPath(fromRoot('src/cli/main.ts'));
  process.exit(await launch(['--import', loader, main, ...args], { env, json }));
}
