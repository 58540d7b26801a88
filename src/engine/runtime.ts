import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import util from 'node:util';
import { nativeEnvironment } from '../../setup/environment.js';
import { tfjsNode } from '../../setup/place.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { tf } from '../tf.js';
import type { DeviceChoice } from './device.js';

export interface Gpu {
  readonly name: string;
  readonly driver: string;
  /** MiB. */
  readonly memory: number;
}

/** What computes in this process from now on. */
export interface Runtime {
  readonly device: 'gpu' | 'cpu' | 'wasm';
  /** Why it is this device, a clause. */
  readonly why: string;
  /** Why this is slower than the machine could be, and how to fix it; absent if it is not. */
  readonly warning?: Problem;
  /** Version of the native library; absent on WebAssembly. */
  readonly tensorflow?: string;
  readonly gpu?: Gpu;
  /** Threads of one operation on the CPU. */
  readonly threads: number;
}

/** The members of tfjs-node's backend that are used here; its package does not type them. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string; readonly runSavedModelAsync?: unknown };
}

const installCuda = 'Install the CUDA libraries: npx nucleate setup --cuda';
const require = createRequire(import.meta.url);

const threadVariables = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'] as const;

/** TensorFlow takes other texts for 0, and aborts the process for numbers below it or too large for the system. */
function requireThreads(name: string): void {
  const value = process.env[name];
  if (value === undefined || /^\d{1,3}$/u.test(value)) return;
  throw new NucleateError({
    what: `The environment variable ${name} is ${JSON.stringify(value)}; it must be a number of threads, 1 to 999, or 0 for all cores.`,
    hint: `Correct it, or unset ${name}.`,
    exitCode: exitCodes.usage,
  });
}

/**
 * Loads the backend that computes and makes it tfjs's own. Await it once per process, before the first tensor.
 *
 * `auto` takes the GPU, else the CPU, else WebAssembly, and says why. A device that is named is never replaced by
 * another.
 *
 * @param asked Threads of one operation, unless `TF_NUM_INTRAOP_THREADS` says another number; default: as many as there are
 *   processor cores.
 * @throws {NucleateError} Exit 9 if `gpu` or `cpu` is asked for and cannot compute; 2 if a variable asks for threads that
 *   cannot be.
 */
export async function startRuntime(choice: DeviceChoice, asked?: number): Promise<Runtime> {
  // TensorFlow reads it while it is loaded below; Node writes assignments to the C environment. The launcher has set the
  // defaults already; a program that imports nucleate has not.
  Object.assign(process.env, nativeEnvironment(process.env, { verbose: false }));
  if (choice === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  if (asked !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(asked);
  for (const name of threadVariables) requireThreads(name);
  const threads = Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism();
  if (choice === 'wasm') return { ...(await startWasm('it was asked for')), threads };

  const missing = await loadNative();
  if (missing) {
    if (choice !== 'auto') throw missing;
    const what = `${missing.message} WebAssembly is used instead: it is slower and cannot train.`;
    const wasm = await startWasm('the native TensorFlow library cannot be loaded');
    return { ...wasm, threads, warning: { what, where: missing.where ?? '', hint: missing.hint } };
  }
  const { binding, isUsingGpuDevice } = tf.backend() as unknown as NativeBackend;
  if (!binding.runSavedModelAsync) throw builtEarlier();
  const native = { threads, tensorflow: binding.TF_Version };
  const gpu = choice === 'cpu' ? undefined : queryGpu();
  if (isUsingGpuDevice) {
    return { ...native, device: 'gpu', why: 'TensorFlow found a CUDA device', ...(gpu && { gpu }) };
  }
  if (choice === 'cpu') return { ...native, device: 'cpu', why: 'it was asked for' };
  const unused = gpu && `TensorFlow does not use the GPU (${gpu.name}).`;
  if (choice === 'gpu') {
    throw new NucleateError({
      what: unused ?? 'No NVIDIA GPU was found: nvidia-smi does not answer.',
      hint: unused ? installCuda : 'Install the driver, or use --device cpu.',
      exitCode: exitCodes.environment,
    });
  }
  const cpu = { ...native, device: 'cpu' as const };
  if (!unused) return { ...cpu, why: 'there is no NVIDIA GPU' };
  return { ...cpu, why: 'TensorFlow found no CUDA device', warning: { what: unused, hint: installCuda } };
}

/**
 * @throws {NucleateError} Exit 9 on WebAssembly, which has no gradient of a convolution by its filter.
 */
export function requireTraining(runtime: Runtime): void {
  if (runtime.device !== 'wasm') return;
  throw new NucleateError({
    what: 'WebAssembly cannot train: it has no gradients of convolutions. It can predict and score.',
    hint: 'Install native TensorFlow (npx nucleate setup) and use --device auto.',
    exitCode: exitCodes.environment,
  });
}

/** After an update of a clone. */
const builtEarlier = () =>
  new NucleateError({
    what: 'The modules that connect Node with TensorFlow were built by an earlier version of nucleate.',
    hint: 'Run npx nucleate setup.',
    exitCode: exitCodes.environment,
  });

/** Makes the native library tfjs's backend; returns an error if it cannot be loaded. */
async function loadNative(): Promise<NucleateError | undefined> {
  shimRemovedFunctions();
  const { start, built } = tfjsNode();
  try {
    if (process.env['TF_CPP_MIN_LOG_LEVEL'] !== '0') require(path.join(built, 'quiet_load.node'));
    const { startTfjsNode } = require(start) as typeof import('../../setup/tfjs-node.cjs');
    await startTfjsNode(path.join(built, 'tfjs_binding.node'));
    return undefined;
  } catch (error) {
    return new NucleateError(
      {
        what: 'The native TensorFlow library cannot be loaded.',
        where: ((error as Error).message.split('\n', 1)[0] ?? '').trim(),
        hint: 'Run npx nucleate setup, then npx nucleate doctor.',
        exitCode: exitCodes.environment,
      },
      { cause: error },
    );
  }
}

/**
 * tfjs-node 4.22 calls two functions that Node 22 warns about and Node 23 has removed (tfjs #8425, fixed but not
 * released).
 */
function shimRemovedFunctions(): void {
  const isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  for (const [name, value] of Object.entries({ isNullOrUndefined, isArray: Array.isArray })) {
    Object.defineProperty(util, name, { value, configurable: true });
  }
}

async function startWasm(why: string): Promise<Pick<Runtime, 'device' | 'why'>> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('The WebAssembly backend of tfjs does not start.');
  return { device: 'wasm', why };
}

/** The first GPU that the driver names; undefined where there is no driver or no GPU. */
function queryGpu(): Gpu | undefined {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [name = '', driver = '', memory = ''] = (stdout.split('\n')[0] ?? '').split(', ');
  return { name, driver, memory: Number(memory) };
}
