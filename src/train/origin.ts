import type { Mode } from '../engine/step.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TrainingConfig } from '../config/training.js';
import type { Runtime } from '../engine/runtime.js';
import { packageRoot } from '../package-root.js';
import { tf } from '../tf.js';
import type { Origin } from '../run/checkpoints/write.js';
import { readGitState } from '../run/git.js';
import { describeMachine } from '../run/machine.js';
import type { TrainingData } from '../data/loader/training-data.js';

const packageFile = path.join(packageRoot, 'package.json');

/** What computes, besides the config: a resumed run that differs in it goes on, and says so. */
function versionsOf(runtime: Runtime, mode: Mode): Record<string, string> {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return {
    nucleate: version,
    node: process.versions.node,
    tfjs: tf.version.tfjs,
    tensorflow: runtime.tensorflow ?? 'none',
    device: runtime.gpu?.name ?? runtime.device,
    mode,
  };
}

/** For `env.json` of a run. */
export function describeEnvironment(runtime: Runtime, mode: Mode, seed: number) {
  const { device, why, threads, gpu = null } = runtime;
  return { ...versionsOf(runtime, mode), device, why, threads, gpu, seed, ...describeMachine() };
}

/** Of this code. */
export const gitState = () => readGitState(packageRoot);

export function originOf(config: TrainingConfig, data: TrainingData, runtime: Runtime, mode: Mode): Origin {
  return {
    // Through JSON, as it comes back from a checkpoint.
    config: JSON.parse(JSON.stringify(config)) as Origin['config'],
    dataset: `${data.identity}/${data.splitSha256}`,
    versions: versionsOf(runtime, mode),
    git: gitState(),
  };
}
