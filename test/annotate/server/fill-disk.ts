import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { randomFor } from '../../../src/random.js';
import { scratchFolder } from '../../run/scratch.js';
import { writeImages } from './laboratory.js';
import { randomEdit, Witness } from './random-edits.js';
import type { useServers } from './server-process.js';

/** Starts a process after a line of bash that mounts a disk, which only that process sees; `$0` is the disk. */
export const onDisk = (line: string, disk: string) => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', `${line} && exec "$@"`, disk],
];

/** An empty place for a disk, and the images that will be on it. */
export async function placeForDisk(): Promise<{ readonly images: string; readonly disk: string }> {
  const folder = scratchFolder();
  const [images, disk] = [path.join(folder, 'images'), path.join(folder, 'disk')];
  mkdirSync(disk);
  cpSync(await writeImages(['a.png']), images, { recursive: true });
  return { images, disk };
}

/**
 * Edits until a disk of 100 kB is full, asks again, makes room, and goes on: what was refused has left nothing, what was confirmed is
 * in the log, once.
 *
 * @param kilobytes Of the disk, that are used from the start.
 */
export async function fillDisk(
  serve: ReturnType<typeof useServers>,
  { kilobytes, seed }: { readonly kilobytes: number; readonly seed: number },
): Promise<void> {
  const { images, disk } = await placeForDisk();
  const filler = `head -c ${kilobytes}k /dev/zero > "$0/filler"`;
  const fill = `mount -t tmpfs -o size=100k tmpfs "$0" && cp -r '${images}'/. "$0" && ${filler}`;
  const server = await serve(disk, onDisk(fill, disk));
  const { client, child } = server;
  const witness = new Witness();
  const random = randomFor(seed, 'edits');
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
  // The disk is that of the server's name space.
  witness.expectLog(`/proc/${child.pid!}/root${disk}/annotations/ann/a.png.jsonl`);
}
