import { test } from 'vitest';
import { killServer } from '../annotate/server/kill-server.js';
import { useServers } from '../annotate/server/server-process.js';

const serve = useServers();

test('a server that is killed 1,000 times loses no confirmed edit, and does none twice', async () => {
  await killServer(serve, { kills: 1000, seed: 2 });
}, 7_200_000);
