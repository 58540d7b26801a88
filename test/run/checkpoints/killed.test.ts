import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadNewestCheckpoint } from '../../../src/run/checkpoints/read.js';
import { randomFor } from '../../../src/random.js';
import { useScripts } from '../children.js';
import { scratchFolder } from '../scratch.js';
import { contentOf, save } from './content.js';

const runScript = useScripts();

/** What was reported as saved, or the step after it, is there; and it is what was saved. */
async function expectWhole(folder: string, stdout: string, size: number) {
  const reported = Number(stdout.trim().split('\n').at(-1));
  const { state, tensors } = await loadNewestCheckpoint(folder, ({ what }) => expect.fail(what));
  expect([reported, reported + 1]).toContain(state.step);
  expect(tensors).toEqual(contentOf(state.step, null, size).tensors);
}

const tidy = /^(step-\d+|latest|best)$/u;

test('a process killed after any write leaves a whole checkpoint', async () => {
  const writes: string[] = [];
  const counted = scratchFolder();
  const size = 50;
  for (const step of [1, 2, 3, 4]) {
    const afterWrite = (what: string) => writes.push(`${step}: ${what}`);
    await save(counted, contentOf(step, step % 3 === 1 ? step : null, size), { afterWrite });
  }
  // From the second on: the first leaves nothing to fall back to. The fourth deletes.
  const first = writes.findIndex((write) => write.startsWith('2:'));
  const kinds = new Set(writes.map((write) => write.replace(/^\d+: /u, '')));
  expect([...kinds]).toEqual(
    expect.arrayContaining(['sync manifest.json', 'rename the folder', 'delete an old one']),
  );
  // Each kind of write once, in the save that has the most of them.
  const instants = writes.flatMap((write, at) => (at >= first && write.startsWith('4:') ? [at + 1] : []));

  for (const killAt of [first + 1, ...instants]) {
    const folder = scratchFolder();
    const { signal, stdout, stderr } = await runScript('checkpoints/save', [
      folder,
      '4',
      `${killAt}`,
      `${size}`,
    ]);
    expect(signal, stderr).toBe('SIGKILL');
    await expectWhole(folder, stdout, size);
  }
}, 240_000);

test('a run killed at random instants continues from what it had reported, and leaves no temporary files', async () => {
  const folder = scratchFolder();
  const size = 20_000;
  const random = randomFor(1, 'kill');
  let saved = 0;
  for (let kill = 0; kill < 12 || saved < 4; kill++) {
    const { signal, stdout, stderr } = await runScript(
      'checkpoints/save',
      [folder, '1000000', '0', `${size}`],
      {
        // A save takes tens of milliseconds.
        killAfterMs: 150 * random.uniform(),
      },
    );
    expect(signal, stderr).toBe('SIGKILL');
    saved = Number(stdout.trim().split('\n').at(-1));
    if (saved > 0) await expectWhole(folder, stdout, size);
  }
  expect((await runScript('checkpoints/save', [folder, `${saved + 2}`, '0', `${size}`])).status).toBe(0);
  expect(readdirSync(folder).filter((name) => !tidy.test(name))).toEqual([]);
}, 240_000);

test.each([
  // 3 checkpoints of 96 kB fit, but not half as much again as a fourth.
  ['has too little space', 'size=400k', /^The disk has 0\.\d MB free; a checkpoint needs 0\.1 MB\.$/u],
  // 3 checkpoints are 3 folders and 18 files; the fourth has no room for all of its own.
  ['fills up while a checkpoint is written', 'nr_inodes=28', /^The disk is full\.$/u],
])('a disk that %s: exit code 8, and the older checkpoint is whole', async (_, limit, message) => {
  const disk = path.join(scratchFolder(), 'disk');
  mkdirSync(disk);
  // A disk that only this process sees, in a name space of its own; what it holds at the end is copied out.
  const line = `mount -t tmpfs -o ${limit} tmpfs "$0" && "$@"; code=$?; ls -A "$0"; cp -r "$0" "$0.copy"; exit $code`;
  const ended = await runScript('checkpoints/save', [disk, '9', '0', '8000'], {
    within: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', line, disk],
  });
  expect(ended).toMatchObject({ status: 8 });
  expect(ended.stderr).toMatch(message);
  expect(ended.stdout).toMatch(/^latest$/mu);
  const { state } = await loadNewestCheckpoint(`${disk}.copy`, ({ what }) => expect.fail(what));
  expect(ended.stdout.split('\n')).toContain(`${state.step}`);
  expect(readdirSync(`${disk}.copy`).filter((name) => !tidy.test(name))).toEqual([]);
});
