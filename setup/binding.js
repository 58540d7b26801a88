import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeHeaders, tfjsNode } from './place.js';
import { SetupStop } from './stop.js';

const { sources: tfjsSources, built } = tfjsNode();

/**
 * The two native modules to build, each with its sources and the compiler's arguments. They need only Node-API, so
 * the headers come from the node-api-headers package and no Node sources are downloaded.
 *
 * @param {string} library folder of the TensorFlow library
 */
function modules(library) {
  const native = `${library}/tensorflow`;
  const own = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
  const quietLoad = own('quiet_load.cc');
  const sources = readdirSync(path.join(tfjsSources, 'binding'))
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => path.join(tfjsSources, 'binding', name));
  sources.push(own('async_run.cc'), own('session_options.cc'));
  return [
    {
      name: 'quiet_load',
      sources: [quietLoad],
      args: [`-DNUCLEATE_FRAMEWORK="${native}/libtensorflow_framework.so.2"`, quietLoad, '-ldl'],
    },
    {
      // What tfjs-node's own build does (its binding.gyp), under the name and at the place where it looks; but its sessions
      // have our options, and graphs can run beside JavaScript.
      name: 'tfjs_binding',
      sources,
      args: [
        '-DTF_NewSessionOptions=nucleate_session_options',
        '-fno-access-control',
        `-I${tfjsSources}`,
        `-I${native}/include`,
        // async_run.cc includes it.
        ...sources.filter((name) => path.basename(name) !== 'tfjs_binding.cc'),
        `-L${native}`,
        '-l:libtensorflow_cc.so.2',
        '-l:libtensorflow_framework.so.2',
        `-Wl,-rpath,${native}`,
      ],
    },
  ];
}

/** @param {string} name */
const commonArguments = (name) => [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-shared',
  '-DNAPI_VERSION=8',
  '-DBUILDING_NODE_EXTENSION',
  `-DNODE_GYP_MODULE_NAME=${name}`,
  `-I${nodeHeaders()}`,
];

/**
 * A fingerprint of the built modules and of all they were built from; undefined while one is not built.
 *
 * @param {string} library folder of the TensorFlow library
 */
export function bindingFingerprint(library) {
  if (!existsSync(built)) return undefined;
  const hash = createHash('sha256');
  for (const { name, sources, args } of modules(library)) {
    const file = path.join(built, `${name}.node`);
    if (!existsSync(file)) return undefined;
    hash.update([...commonArguments(name), ...args].join('\n'));
    for (const input of [...sources, file]) hash.update(readFileSync(input));
  }
  return hash.digest('hex');
}

/**
 * Compiles the modules between Node and TensorFlow (about 10 s), tries each, and renames it into place.
 *
 * @param {string} library folder of the TensorFlow library
 * @param {{ compiler: string, lockFd: number }} options
 */
export function buildBinding(library, { compiler, lockFd }) {
  mkdirSync(built, { recursive: true });
  for (const { name, args } of modules(library)) {
    const scratch = path.join(built, `${name}.${process.pid}.node`);
    /** @param {string} command @param {string[]} commandArguments */
    const run = (command, commandArguments) =>
      spawnSync(command, commandArguments, { stdio: ['ignore', 'ignore', 'pipe', lockFd], encoding: 'utf8' });
    try {
      const compiled = run(compiler, [...commonArguments(name), ...args, '-o', scratch]);
      if (compiled.status !== 0) {
        throw new SetupStop(
          `${compiler} cannot build ${name}: ${firstLine(compiled.stderr, /error|not found/i)}`,
          'Install a compiler that knows C++17: apt install g++',
        );
      }
      const tried = run(process.execPath, ['-e', `require(${JSON.stringify(scratch)})`]);
      if (tried.status !== 0) {
        throw new SetupStop(
          `${name} does not load: ${firstLine(tried.stderr, /^Error:/)}`,
          'It needs glibc 2.27 or later: ldd --version',
        );
      }
      renameSync(scratch, path.join(built, `${name}.node`));
    } finally {
      rmSync(scratch, { force: true });
    }
  }
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
const firstLine = (text, pattern) => text.split('\n').find((line) => pattern.test(line)) ?? text.trim();
