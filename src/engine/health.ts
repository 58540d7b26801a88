import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { readPlainTextSync } from '../plain-file.js';
import { bindingFingerprint } from '../../setup/binding.js';
import { libraryIsWhole, pins } from '../../setup/library.js';
import type { Stamp } from '../../setup/stamp.js';
import { NucleateError, type Problem } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { type ConvolutionSpeed, measureConvolution } from './convolution-speed.js';
import type { DeviceChoice } from './device.js';
import { type Gpu, type Runtime, startRuntime } from './runtime.js';

/** What `nucleate doctor --json` prints. */
export interface Health {
  readonly nucleate: string;
  readonly node: string;
  readonly tfjs: string;
  readonly sharp: string;
  /** What computes; null if no device can. */
  readonly device: Runtime['device'] | null;
  /** Why it is this device. */
  readonly why: string;
  /** Version of the native library; null on WebAssembly. */
  readonly tensorflow: string | null;
  readonly library: {
    readonly flavour: 'cpu' | 'cuda' | null;
    readonly folder: string | null;
    readonly whole: boolean;
  };
  /** Whether the native modules that connect Node with TensorFlow are built. */
  readonly binding: boolean;
  readonly gpu: Gpu | null;
  readonly cpu: { readonly name: string; readonly threads: number; /** MiB. */ readonly memory: number };
  readonly conv: ConvolutionSpeed | null;
  /** What keeps nucleate from working, or from working as fast as this machine can. */
  readonly problems: readonly Problem[];
}

const repair = 'Run npx nucleate setup.';

/**
 * Examines this installation: versions, library, device, and the speed of a convolution. Takes about 3 s.
 *
 * Problems of the installation are listed in `problems`, not thrown.
 *
 * @param stamp What set-up has finished (setup/stamp.js).
 */
export async function examine(choice: DeviceChoice, stamp: Partial<Stamp>): Promise<Health> {
  const problems: Problem[] = [];
  const { flavour, library: folder, binding } = stamp;
  const whole = folder !== undefined && (await libraryIsWhole(folder));
  if (!folder) problems.push({ what: 'The set-up is not complete.', hint: repair });
  else if (!whole)
    problems.push({ what: 'The TensorFlow library is missing or damaged.', where: folder, hint: repair });
  const built = folder !== undefined && binding !== undefined && binding === bindingFingerprint(folder);
  if (folder && !built)
    problems.push({ what: 'The modules that connect Node with TensorFlow are not built.', hint: repair });

  const runtime = await startRuntime(choice).catch((error: unknown) => {
    if (!(error instanceof NucleateError)) throw error;
    problems.push({ what: error.message, ...(error.where && { where: error.where }), hint: error.hint });
    return undefined;
  });
  if (runtime?.warning) problems.push(runtime.warning);
  if (runtime?.tensorflow && runtime.tensorflow !== pins.tensorflow) {
    problems.push({
      what: `The TensorFlow library has version ${runtime.tensorflow}; nucleate needs ${pins.tensorflow}.`,
      hint: repair,
    });
  }
  return {
    nucleate: versionIn(path.join(packageRoot, 'package.json')),
    node: process.versions.node,
    tfjs: versionOf('@tensorflow/tfjs'),
    sharp: versionOf('sharp'),
    device: runtime?.device ?? null,
    why: runtime?.why ?? 'no device can compute',
    tensorflow: runtime?.tensorflow ?? null,
    library: { flavour: flavour ?? null, folder: folder ?? null, whole },
    binding: built,
    gpu: runtime?.gpu ?? null,
    cpu: {
      name: cpus()[0]?.model ?? 'unknown',
      threads: runtime?.threads ?? cpus().length,
      memory: Math.round(totalmem() / 2 ** 20),
    },
    conv: runtime ? measureConvolution(runtime.device) : null,
    problems,
  };
}

const versionIn = (file: string) => (JSON.parse(readPlainTextSync(file)) as { version: string }).version;

/** The version of an installed package, without loading it. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  return versionIn(
    `${entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`))}node_modules/${name}/package.json`,
  );
}
