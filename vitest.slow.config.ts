import { defineConfig } from 'vitest/config';
import { nativeEnvironment } from './setup/environment.js';

/** Minutes, and the network: set-up from nothing, killed set-ups, other versions of Node. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    env: nativeEnvironment({}, { verbose: false }),
    testTimeout: 30 * 60_000,
    hookTimeout: 60_000,
  },
});
