import { expect, test } from 'vitest';
import { fillDisk, onDisk, placeForDisk } from './fill-disk.js';
import { square } from './laboratory.js';
import { useServers } from './server-process.js';

const serve = useServers();

test('a full disk is told, nothing of the edit is kept, and it is done when there is room again', async () => {
  await fillDisk(serve, { kilobytes: 40, seed: 1 });
}, 120_000);

test('a disk that becomes read-only is told, and nothing of the edit is kept', async () => {
  const { images, disk } = await placeForDisk();
  const server = await serve(disk, onDisk(`mount -t tmpfs tmpfs "$0" && cp -r '${images}'/. "$0"`, disk));
  server.child.kill('SIGUSR1');
  await server.said('read-only');
  const answer = await server.client.ask('/api/images/0/events', square(1, [0, 0, 2, 2], 0));
  expect(answer).toMatchObject({
    status: 507,
    value: { error: expect.stringMatching(/EROFS: read-only file system/u) as string },
  });
  expect((await server.client.ask('/api/images/0')).value).toMatchObject({ seq: 0, objects: [] });
}, 120_000);
