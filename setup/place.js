import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of nucleate's package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether this is a clone with sources; else it is the package, compiled, in the node_modules of another project. */
export const isClone = existsSync(path.join(root, 'src'));

const require = createRequire(import.meta.url);

/**
 * What nucleate uses of tfjs-node: in a clone from its npm package, whose install script `.npmrc` keeps from running; in the
 * package a copy of its own (setup/make-package.js), since there npm would run that script, which downloads another TensorFlow.
 *
 * @returns {{ start: string, sources: string, built: string }} `start` is the module of setup/tfjs-node.cjs, `sources` the
 *   folder with the C++ sources in `binding`, `built` the folder of the native modules that set-up makes
 */
export function tfjsNode() {
  const own = path.join(root, 'vendor/tfjs-node');
  const npm = path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
  const [start, sources] = isClone
    ? [path.join(root, 'setup/tfjs-node.cjs'), npm]
    : [path.join(own, 'index.cjs'), own];
  return { start, sources, built: path.join(sources, 'lib/napi-v8') };
}

/** The folder of the headers of Node-API. */
export const nodeHeaders = () => path.join(path.dirname(require.resolve('node-api-headers')), 'include');
