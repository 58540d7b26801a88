import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomFor } from '../../../src/random.js';
import { scratchFolder } from '../../run/scratch.js';
import { square, writeImages } from './laboratory.js';
import { randomEdit, Witness } from './random-edits.js';
import { useServers } from './server-process.js';

const serve = useServers();

/** Starts a process after a line of bash that mounts a disk, which only that process sees; `$0` is the disk. */
const onDisk = (line: string, disk: string) => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', `${line} && exec "$@"`, disk],
];

/** An empty place for a disk, and the images that will be on it. */
async function place() {
  const folder = scratchFolder();
  const [images, disk] = [path.join(folder, 'images'), path.join(folder, 'disk')];
  mkdirSync(disk);
  cpSync(await writeImages(['a.png']), images, { recursive: true });
  return { images, disk };
}

test('a full disk is told, nothing of the edit is kept, and it is done when there is room again', async () => {
  const { images, disk } = await place();
  const fill = `mount -t tmpfs -o size=100k tmpfs "$0" && cp -r '${images}'/. "$0" && head -c 40k /dev/zero > "$0/filler"`;
  const server = await serve(disk, onDisk(fill, disk));
  const { client, child } = server;
  const witness = new Witness();
  const random = randomFor(1, 'edits');
  let refused;
  for (let edits = 0; edits < 500 && !refused; edits++) {
    const draft = randomEdit(witness.state, random);
    const answer = await client.ask('/api/images/0/events', draft);
    if (answer.status === 200) witness.confirm(draft, answer.value);
    else refused = { draft, ...answer };
  }
  if (!refused) return expect.fail('The disk was never full');
  expect(refused).toMatchObject({ status: 507, value: { error: 'The disk is full.' } });
  expect(witness.confirmed.length).toBeGreaterThan(3);
  const { seq, hash } = (await client.ask('/api/images/0')).value as { seq: number; hash: string };
  expect({ seq, hash }).toEqual({ seq: witness.confirmed.length, hash: witness.state.hash });
  // Again and again, as the page does.
  expect((await client.ask('/api/images/0/events', refused.draft)).status).toBe(507);
  child.kill('SIGUSR2');
  await server.said('free');
  const done = await client.ask('/api/images/0/events', refused.draft);
  expect(done.status).toBe(200);
  witness.confirm(refused.draft, done.value);
}, 120_000);

test('a disk that becomes read-only is told, and nothing of the edit is kept', async () => {
  const { images, disk } = await place();
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
