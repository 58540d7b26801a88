import { test } from 'vitest';
import { killServer } from './kill-server.js';
import { useServers } from './server-process.js';

const serve = useServers();

// test/slow kills it a thousand times.
test('a server that is killed 20 times loses no confirmed edit, and does none twice', async () => {
  await killServer(serve, { kills: 20, seed: 1 });
}, 240_000);
