import { test } from 'vitest';
import { fuzzServer } from '../annotate/server/fuzz-server.js';

test('10,000 random requests change nothing, and find no bug', async () => {
  await fuzzServer({ requests: 10_000, seed: 2 });
});
