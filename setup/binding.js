import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupStop } from './stop.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const tfjsNode = path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
const target = path.join(tfjsNode, 'lib/napi-v8/tfjs_binding.node');

/** @returns {string | undefined} the C++ compiler's command */
export function findCompiler() {
  const names = [process.env.CXX, 'c++', 'g++', 'clang++'];
  return names.find((name) => name && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/**
 * What tfjs-node's own build (its binding.gyp) does, without node-gyp: the binding needs only Node-API, so its
 * headers come from the node-api-headers package and no Node sources are downloaded.
 *
 * @param {string} library folder of the TensorFlow library
 */
function compilerArguments(library) {
  const sources = readdirSync(path.join(tfjsNode, 'binding')).filter((name) => name.endsWith('.cc'));
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    ...['-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...[tfjsNode, `${library}/tensorflow/include`, `${root}/node_modules/node-api-headers/include`].map(
      (d) => `-I${d}`,
    ),
    ...sources.sort().map((name) => path.join(tfjsNode, 'binding', name)),
    ...[`-L${library}/tensorflow`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    `-Wl,-rpath,${library}/tensorflow`,
  ];
}

/**
 * A fingerprint of the built binding and all it was built from; undefined while it is not built.
 *
 * @param {string} library folder of the TensorFlow library
 */
export function bindingFingerprint(library) {
  const stat = statSync(target, { throwIfNoEntry: false });
  if (!stat) return undefined;
  const hash = createHash('sha256').update(compilerArguments(library).join('\n'));
  for (const name of readdirSync(path.join(tfjsNode, 'binding')).sort()) {
    hash.update(readFileSync(path.join(tfjsNode, 'binding', name)));
  }
  return hash.update(readFileSync(target)).digest('hex');
}

/**
 * Compiles the binding between Node and TensorFlow (about 10 s), tries it, and renames it into place.
 *
 * @param {string} library folder of the TensorFlow library
 * @param {{ compiler: string, lockFd: number }} options
 */
export function buildBinding(library, { compiler, lockFd }) {
  mkdirSync(path.dirname(target), { recursive: true });
  const scratch = `${target}.${process.pid}.node`;
  const stdio = /** @type {import('node:child_process').StdioOptions} */ ([
    'ignore',
    'ignore',
    'pipe',
    lockFd,
  ]);
  try {
    const compiled = spawnSync(compiler, [...compilerArguments(library), '-o', scratch], {
      stdio,
      encoding: 'utf8',
    });
    if (compiled.status !== 0) {
      const said =
        compiled.stderr.split('\n').find((line) => /error|not found/i.test(line)) ?? compiled.stderr.trim();
      throw new SetupStop(
        `${compiler} cannot build the TensorFlow binding: ${said}`,
        'Install g++ 9 or later: apt install g++',
      );
    }
    const tried = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(scratch)})`], {
      stdio,
      encoding: 'utf8',
    });
    if (tried.status !== 0) {
      const said = tried.stderr.split('\n').find((line) => line.startsWith('Error:')) ?? tried.stderr.trim();
      throw new SetupStop(
        `The TensorFlow binding does not load: ${said}`,
        'It needs glibc 2.27 and libstdc++ of g++ 9 or later.',
      );
    }
    renameSync(scratch, target);
  } finally {
    rmSync(scratch, { force: true });
  }
}
