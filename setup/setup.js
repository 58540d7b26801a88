#!/usr/bin/env node
/**
 * Sets nucleate up with one command that needs no packages: `npx nucleate setup [--cuda | --cpu] [--verify]`.
 *
 * Installs the npm packages of a clone, puts the TensorFlow library into the user's cache and builds the binding between the
 * two. Each step ends with one rename and a stamp, so that set-up can be killed at any time and run again. Where all is
 * done it takes milliseconds.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printFailure } from '../bin/failure.js';
import { bindingFingerprint, buildBinding } from './binding.js';
import { compileSources } from './compile.js';
import { cacheFolder } from './environment.js';
import { diskNeeded, installLibrary, libraryFolder, libraryIsWhole, pins } from './library.js';
import { lock } from './lock.js';
import { checkMachine, findTools, gpuAnswers } from './machine.js';
import { installPackages, packagesFingerprint } from './packages.js';
import { isClone, root } from './place.js';
import { readStamp, removeStamp, writeStamp } from './stamp.js';
import { SetupStop } from './stop.js';

/** @typedef {import('./library.js').Flavour} Flavour */
/** @typedef {Partial<import('./stamp.js').Stamp>} Stamp */

/** The options of every command. */
const common = ['json', 'quiet', 'verbose', 'no-progress', 'debug'];
const json = process.argv.includes('--json');

/** @param {string} line */
const say = (line) => {
  if (!process.argv.includes('--quiet')) process.stderr.write(`${line}\n`);
};

/** @returns {{ asked: Flavour | undefined, everything: boolean }} */
function readArguments() {
  const options = /** @type {const} */ ({
    cpu: { type: 'boolean', default: false },
    cuda: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
  });
  try {
    const args = process.argv.slice(2).filter((word) => !common.includes(word.replace(/^--/u, '')));
    const { cpu, cuda, verify } = parseArgs({ args, options }).values;
    if (cpu && cuda) throw new TypeError('--cpu and --cuda cannot be combined');
    return { asked: cuda ? 'cuda' : cpu ? 'cpu' : undefined, everything: verify };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new SetupStop(
      `${message}.`,
      'Use --cpu or --cuda to choose the library, and --verify to check all its files.',
      2,
    );
  }
}

/** @param {Stamp} stamp @param {string} library */
const bindingIsBuilt = (stamp, library) =>
  stamp.binding !== undefined && stamp.binding === bindingFingerprint(library);

async function main() {
  const { asked, everything } = readArguments();
  const packages = packagesFingerprint();
  const cache = cacheFolder(process.env);
  const before = readStamp();
  const flavour = asked ?? before.flavour ?? (gpuAnswers() ? 'cuda' : 'cpu');
  const library = libraryFolder(cache, flavour);

  const libraryIsReady = await libraryIsWhole(library, { everything });
  const bindingIsReady = before.packages === packages && bindingIsBuilt(before, library);
  if (libraryIsReady && bindingIsReady) {
    say('set-up is complete (there was nothing to do)');
    return { library, flavour };
  }

  checkMachine();
  const { python, compiler } = findTools({ withPip: !libraryIsReady });
  const started = Date.now();
  const held = lock(path.join(root, '.setup/lock'), { python, say });
  // The stamp is read again: another set-up may have done everything while this one waited.
  if (readStamp().packages !== packages) {
    if (isClone) say('installing the npm packages');
    removeStamp();
    installPackages({ lockFd: held.fd });
    writeStamp({ packages, flavour });
  }
  if (!libraryIsReady) {
    say(`downloading TensorFlow ${pins.tensorflow} (${flavour}) into ${cache}`);
    const disk = diskNeeded[flavour];
    await installLibrary({ folder: library, wheels: pins.wheels[flavour], disk, python, say });
  }
  if (!bindingIsBuilt(readStamp(), library)) {
    say('building the TensorFlow binding');
    buildBinding(library, { compiler, lockFd: held.fd });
    writeStamp({ packages, flavour, library, binding: bindingFingerprint(library) });
  }
  held.release();
  say(`set-up is complete (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  return { library, flavour };
}

/** @param {unknown} error */
function asStop(error) {
  if (error instanceof SetupStop) return error;
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (!['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'].includes(code ?? '')) throw error;
  return new SetupStop(message, 'Free some space or give write permission, then run again.', 8);
}

try {
  const result = await main();
  await compileSources();
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} catch (error) {
  const { message, hint, exitCode } = asStop(error);
  printFailure({ what: message, hint, code: exitCode }, { json });
  process.exitCode = exitCode;
}
