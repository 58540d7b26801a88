import type { Mode } from '../engine/step.js';
import { readPlainTextSync } from '../plain-file.js';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import type { TrainingHistory } from '../config/history.js';
import type { TrainingConfig } from '../config/training.js';
import type { Runtime } from '../engine/runtime.js';
import { packageRoot } from '../package-root.js';
import { tf } from '../tf.js';
import type { Origin } from '../run/checkpoints/write.js';
import { readCodeState } from '../run/git.js';
import { datasetOf, type TrainingData } from '../data/loader/training-data.js';

const packageFile = path.join(packageRoot, 'package.json');

/** The software and device that compute. A resumed run may differ in them; it continues and prints the difference. */
function versionsOf(runtime: Runtime, mode: Mode): Record<string, string> {
  const { version } = JSON.parse(readPlainTextSync(packageFile)) as { version: string };
  return {
    nucleate: version,
    node: process.versions.node,
    tfjs: tf.version.tfjs,
    tensorflow: runtime.tensorflow ?? 'none',
    device: runtime.gpu?.name ?? runtime.device,
    // Sums are made in parts, one for each thread: another number rounds otherwise.
    threads: String(runtime.threads),
    mode,
  };
}

/** The content of `env.json` of a run. */
export function describeEnvironment(runtime: Runtime, mode: Mode, seed: number) {
  const { device, why, threads, gpu = null } = runtime;
  return {
    ...versionsOf(runtime, mode),
    device,
    why,
    threads,
    gpu,
    seed,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    /** Processor cores that this process may use. */
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** The commit of this code. */
export const gitState = () => readCodeState(packageRoot);

/** What each checkpoint of a run records about it. */
export function originOf(
  config: TrainingConfig,
  data: TrainingData,
  runtime: Runtime,
  mode: Mode,
  history: TrainingHistory | undefined,
): Origin {
  return {
    // As it comes back from the JSON of a checkpoint.
    config: JSON.parse(JSON.stringify(config)) as Origin['config'],
    dataset: datasetOf(data),
    versions: versionsOf(runtime, mode),
    git: gitState(),
    ...(history && { history }),
  };
}
