import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** The computer, for `env.json`; the caller adds device, threads, seed and the versions of its libraries. */
export const describeMachine = () => ({
  node: process.versions.node,
  system: `${platform()} ${release()} ${arch()}`,
  processor: cpus()[0]?.model ?? 'unknown',
  /** Count; what this process may use. */
  cores: availableParallelism(),
  memoryBytes: totalmem(),
});
