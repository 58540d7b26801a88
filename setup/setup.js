#!/usr/bin/env node
/**
 * All set-up of a clone, in one command without dependencies: `npm run setup [-- --cuda | --cpu] [-- --verify]`.
 *
 * Installs the npm packages, puts the TensorFlow library into the user's cache and builds the binding between the
 * two. Each step ends in one rename and a stamp, so it can be killed anywhere and run again; when all is done it ends
 * within milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bindingFingerprint, buildBinding, findCompiler } from './binding.js';
import { cacheFolder } from './environment.js';
import { readJson } from './json.js';
import { installLibrary, libraryFolder, libraryIsWhole, pins } from './library.js';
import { lock } from './lock.js';
import { SetupStop } from './stop.js';

/** @typedef {{ packages: string, flavour: import('./library.js').Flavour, binding: string | undefined }} Stamp */

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = path.join(root, 'node_modules/.nucleate-setup.json');

/** @param {string} line */
const say = (line) => void process.stderr.write(`${line}\n`);

/** @returns {Partial<Stamp>} */
const readStamp = () => readJson(stampFile) ?? {};

/** @param {Partial<Stamp>} stamp */
function writeStamp(stamp) {
  writeFileSync(`${stampFile}.new`, JSON.stringify(stamp), { flush: true });
  renameSync(`${stampFile}.new`, stampFile);
}

/** @param {string[]} names @param {string[]} args */
const firstThatRuns = (names, args) =>
  names.find((name) => spawnSync(name, args, { stdio: 'ignore' }).status === 0);

function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupStop(
      `Node ${process.versions.node} is too old.`,
      'Install Node 20.19 or later: https://nodejs.org',
    );
  }
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  if (process.platform !== 'linux' || process.arch !== 'x64' || !report.header.glibcVersionRuntime) {
    throw new SetupStop(
      `There is no pinned TensorFlow library for ${process.platform} ${process.arch} with this C library.`,
      'Use Linux on x86-64 with glibc; or run npm ci and add --device wasm to the commands that predict and score.',
    );
  }
}

/** @param {number} lockFd */
function installPackages(lockFd) {
  say('installing the npm packages');
  rmSync(stampFile, { force: true });
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status, stderr } = spawnSync(npm[0] ?? '', [...npm.slice(1), 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', lockFd],
  });
  if (status === 0) return;
  const lines = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) (?!code )(.+)/.exec(line)?.[1] ?? []);
  throw new SetupStop(
    `npm ci failed: ${lines[0] ?? stderr.trim()}`,
    /ENOSPC/.test(stderr) ? 'Free some disk space, then run again.' : 'Check the network: npm ping',
    /ENOSPC|EACCES|EROFS/.test(stderr) ? 8 : 9,
  );
}

async function main() {
  const { values } = parseArgs({
    options: { cpu: { type: 'boolean' }, cuda: { type: 'boolean' }, verify: { type: 'boolean' } },
  });
  if (values.cpu && values.cuda)
    throw new SetupStop('--cpu and --cuda exclude each other.', 'Give one of them.');
  const cache = cacheFolder(process.env);
  const packages = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');

  /** @param {Partial<Stamp>} stamp @returns {import('./library.js').Flavour} */
  const chooseFlavour = (stamp) => {
    if (values.cpu || values.cuda) return values.cuda ? 'cuda' : 'cpu';
    return stamp.flavour ?? (firstThatRuns(['nvidia-smi'], ['-L']) ? 'cuda' : 'cpu');
  };
  /** @param {Partial<Stamp>} stamp @param {string} library */
  const bindingIsBuilt = (stamp, library) =>
    stamp.binding !== undefined && stamp.binding === bindingFingerprint(library);

  const before = readStamp();
  if (before.packages === packages && before.flavour) {
    const library = libraryFolder(cache, chooseFlavour(before));
    const everything = values.verify ?? false;
    if (bindingIsBuilt(before, library) && (await libraryIsWhole(library, { everything }))) return;
  }

  checkMachine();
  const python = firstThatRuns(
    ['python3', 'python'],
    ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
  );
  if (!python)
    throw new SetupStop('Python 3.8 or later was not found.', 'Install it: apt install python3 python3-pip');
  const compiler = findCompiler();
  if (!compiler) throw new SetupStop('A C++ compiler was not found.', 'Install one: apt install g++');

  const started = Date.now();
  const held = lock(path.join(root, '.setup/lock'), { python, say });
  // Read again: another set-up may have done it all while this one waited.
  const stamp = readStamp();
  const flavour = chooseFlavour(stamp);
  if (stamp.packages !== packages) {
    installPackages(held.fd);
    writeStamp({ packages, flavour });
  }
  const library = libraryFolder(cache, flavour);
  if (!(await libraryIsWhole(library))) {
    say(`fetching TensorFlow ${pins.tensorflow} (${flavour}) into ${cache}`);
    await installLibrary(flavour, { cache, python, say });
  }
  if (!bindingIsBuilt(readStamp(), library)) {
    say('building the TensorFlow binding');
    buildBinding(library, { compiler, lockFd: held.fd });
    writeStamp({ packages, flavour, binding: bindingFingerprint(library) });
  }
  held.release();
  say(`set-up is complete (${((Date.now() - started) / 1000).toFixed(0)} s)`);
}

try {
  await main();
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const disk = ['ENOSPC', 'EACCES', 'EROFS', 'EPERM', 'EDQUOT'].includes(code ?? '');
  const stop = disk
    ? new SetupStop(message, 'Free space or give write permission, then run again.', 8)
    : error;
  if (!(stop instanceof SetupStop)) throw stop;
  say(`error: ${stop.message}\n  mend: ${stop.mend}`);
  process.exitCode = stop.exitCode;
}
