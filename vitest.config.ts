import { defineConfig } from 'vitest/config';
import { nativeEnvironment } from './setup/environment.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    // A native library may not be loaded by two threads of one process (tfjs #8388).
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As the commands compute: some tests compare with them to the bit.
    env: nativeEnvironment({}, { verbose: false }),
  },
});
