import { defineConfig } from 'vitest/config';
import { nativeEnvironment } from './setup/environment.js';
import { LongFirst } from './test/long-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    // A native library may not be loaded by two threads of one process (tfjs #8388).
    pool: 'forks',
    // Tests wait for processes that they start; one worker, the default on two cores, leaves a core idle.
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As the commands compute: some tests compare with them to the bit.
    env: nativeEnvironment({}, { verbose: false }),
  },
});
