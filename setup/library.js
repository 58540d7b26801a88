import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fetchWheel, sha256 } from './download.js';
import { readJson } from './json.js';
import { lock } from './lock.js';
import { megabytes } from './progress.js';
import { SetupStop } from './stop.js';

/** @typedef {'cpu' | 'cuda'} Flavour */
/** @typedef {{ path: string, size: number, sha256: string, mtimeMs: number, ctimeMs: number }} LibraryFile */

/** @type {{ tensorflow: string, wheels: Record<Flavour, import('./download.js').Wheel[]> }} */
export const pins = JSON.parse(readFileSync(new URL('pins.json', import.meta.url), 'utf8'));

/** The native libraries, the CUDA compiler that XLA calls, and the headers that the binding includes (c++ -M). */
const wanted = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/*',
  'tensorflow/include/tensorflow/core/platform/ctstring*',
  'tensorflow/include/tsl/platform/ctstring*',
  'tensorflow/include/xla/tsl/c/*',
  'nvidia/*/lib/*',
  'nvidia/cuda_nvcc/bin/*',
  'nvidia/cuda_nvcc/nvvm/*',
  '*LICENSE*',
  '*License*',
];

/** Peak disk use of an installation in bytes: the wheels and what is extracted from them (measured: 1.2 and 8.6 GB). */
export const diskNeeded = { cpu: 1.3e9, cuda: 9e9 };

/**
 * @param {string} cache the cache folder
 * @param {Flavour} flavour
 * @returns {string} the folder of the library that pins.json names; it may not exist
 */
export function libraryFolder(cache, flavour) {
  return path.join(
    cache,
    `tensorflow-${pins.tensorflow}-${flavour}-${pins.wheels[flavour][0]?.sha256.slice(0, 8)}`,
  );
}

/**
 * Whether every extracted file is there and complete. A file whose size and times have not changed since it was last
 * hashed is trusted, so this takes milliseconds; the others are hashed.
 *
 * @param {string} folder
 * @param {{ everything?: boolean }} [options] `everything` hashes all files
 */
export async function libraryIsWhole(folder, { everything = false } = {}) {
  /** @type {LibraryFile[] | undefined} */
  const files = readJson(path.join(folder, 'files.json'));
  if (!files) return false;
  let touched = false;
  for (const file of files) {
    const full = path.join(folder, file.path);
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.size !== file.size) return false;
    const untouched = stat.mtimeMs === file.mtimeMs && stat.ctimeMs === file.ctimeMs;
    if (untouched && !everything) continue;
    if ((await sha256(full)) !== file.sha256) return false;
    Object.assign(file, { mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs });
    touched = true;
  }
  if (touched) writeManifest(folder, files);
  return true;
}

/**
 * @param {string} folder
 * @param {LibraryFile[]} files
 */
function writeManifest(folder, files) {
  const manifest = path.join(folder, 'files.json');
  const scratch = `${manifest}.${process.pid}`;
  try {
    writeFileSync(scratch, JSON.stringify(files, null, 1), { flush: true });
    renameSync(scratch, manifest);
  } catch (error) {
    // A cache that an administrator shares read-only is fine: its files are hashed each time.
    if (!['EACCES', 'EROFS', 'EPERM'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? ''))
      throw error;
  }
}

/**
 * Puts a library into the cache. Its folder appears there in one rename, when it is complete; everything before that
 * lies in a scratch folder, which the next set-up removes.
 *
 * @param {object} options
 * @param {string} options.folder of the library, inside the cache
 * @param {import('./download.js').Wheel[]} options.wheels that it is extracted from
 * @param {number} options.disk bytes that must be free
 * @param {string} options.python
 * @param {(line: string) => void} options.say
 */
export async function installLibrary({ folder, wheels, disk, python, say }) {
  const cache = path.dirname(folder);
  const held = lock(path.join(cache, 'lock'), { python, say });
  try {
    if (await libraryIsWhole(folder)) return;
    if (existsSync(folder)) say(`${folder} is damaged; installing it again`);
    rmSync(folder, { recursive: true, force: true });
    for (const name of readdirSync(cache)) {
      if (name.startsWith('scratch-')) rmSync(path.join(cache, name), { recursive: true });
    }
    checkSpace(cache, disk);
    const scratch = path.join(cache, `scratch-${process.pid}`);
    const extracted = path.join(scratch, 'extracted');
    mkdirSync(extracted, { recursive: true });
    const downloads = path.join(cache, 'downloads');
    /** @type {LibraryFile[]} */
    const files = [];
    for (const wheel of wheels) {
      const options = {
        folder: downloads,
        scratch: path.join(scratch, wheel.package),
        python,
        lockFd: held.fd,
      };
      mkdirSync(options.scratch);
      files.push(
        ...extract(await fetchWheel(wheel, options), { folder: extracted, python, lockFd: held.fd }),
      );
    }
    writeManifest(extracted, files);
    renameSync(extracted, folder);
    rmSync(scratch, { recursive: true });
    for (const wheel of wheels) rmSync(path.join(downloads, wheel.file));
  } finally {
    held.release();
  }
}

/**
 * @param {string} wheel path
 * @param {{ folder: string, python: string, lockFd: number }} options
 * @returns {LibraryFile[]}
 */
function extract(wheel, { folder, python, lockFd }) {
  const script = new URL('extract.py', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(python, [script, wheel, folder, ...wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', lockFd],
  });
  if (status !== 0) {
    const said = stderr.trim().split('\n').at(-1);
    throw new SetupStop(
      `${path.basename(wheel)} cannot be extracted: ${said}`,
      'Free disk space, then run again.',
      8,
    );
  }
  /** @type {Omit<LibraryFile, 'mtimeMs' | 'ctimeMs'>[]} */
  const files = JSON.parse(stdout);
  return files.map((file) => {
    const { mtimeMs, ctimeMs } = lstatSync(path.join(folder, file.path));
    return { ...file, mtimeMs, ctimeMs };
  });
}

/** @param {string} cache @param {number} needed bytes */
function checkSpace(cache, needed) {
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize >= needed) return;
  throw new SetupStop(
    `${cache} has ${megabytes(bavail * bsize)} free; the TensorFlow library needs ${megabytes(needed)} during installation.`,
    'Free some space, or set NUCLEATE_CACHE to a folder on a larger disk.',
    8,
  );
}
