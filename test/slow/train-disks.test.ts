import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runFiles } from '../../src/run/run-folder.js';
import { readStatus } from '../../src/run/status.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf, useTinyRuns } from '../train/tiny-run.js';
import { eventsOf, trainInProcess } from '../train/tiny-process.js';

const train = useTinyRuns();

const changes = { budget: { steps: 12 }, validation: { everySteps: 5 }, checkpoints: { everySteps: 4 } };

/** Runs a process after a line of bash that mounts something, which only that process sees; `$0` is the folder. */
const mounted = (line: string, folder: string) => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'bash',
  '-c',
  `${line} && "$@"`,
  folder,
];

test('logs that cannot be written are a warning: the run continues and ends normally', async () => {
  const unbroken = path.join(scratchFolder(), 'run');
  await train(unbroken, changes);
  const folder = path.join(scratchFolder(), 'run');
  await train(folder, { ...changes, budget: { steps: 3 } });
  const { log, metrics, tensorboard } = runFiles(folder);
  const full = [
    `mount --bind /dev/full '${log}'`,
    `mount --bind /dev/full '${metrics}'`,
    // Room for the name of a file, and none for what is in it.
    `mount -t tmpfs -o size=4k tmpfs '${tensorboard}' && head -c 4096 /dev/zero > '${tensorboard}/filled'`,
    `mount -t tmpfs -o size=4k,nr_inodes=2 tmpfs '${runFiles(folder).evaluation}'`,
  ];
  const ended = await trainInProcess(folder, changes, { within: mounted(full.join(' && '), folder) });
  expect(ended.status, ended.stdout).toBe(0);
  const warnings = eventsOf(ended).flatMap((event) => (event.event === 'warning' ? [event.text] : []));
  for (const what of ['train.log', 'metrics.jsonl', 'events.out.tfevents', 'eval'])
    expect(
      warnings.filter((text) => text.includes(`${what}`) && text.includes('cannot be written')).length,
    ).toBeGreaterThan(0);
  // Once each, not at every step.
  expect(warnings.length).toBeLessThan(12);
  expect(outcomeOf(folder).hashes).toEqual(outcomeOf(unbroken).hashes);
  expect(readStatus(folder)).toMatchObject({ state: 'finished', step: 12 });
});

test.each([
  ['a new run', () => {}],
  ['a run that was stopped', (folder: string) => train(folder, { ...changes, budget: { steps: 3 } })],
])(
  '%s on a read-only disk: exit code 8 before the first step, and nothing is changed',
  async (_, prepare) => {
    const disk = path.join(scratchFolder(), 'disk');
    mkdirSync(disk);
    const folder = path.join(disk, 'run');
    await prepare(folder);
    const before = readdirSync(disk, { recursive: true });
    const readOnly = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"';
    const ended = await trainInProcess(folder, changes, { within: mounted(readOnly, disk) });
    expect(ended.status, ended.stdout).toBe(8);
    expect(eventsOf(ended).at(-1)).toMatchObject({ error: { code: 8 } });
    expect(eventsOf(ended).some(({ event }) => event === 'step')).toBe(false);
    expect(readdirSync(disk, { recursive: true })).toEqual(before);
  },
);

test('a disk that becomes read-only ends the run with exit code 8 at the next checkpoint', async () => {
  const home = scratchFolder();
  const folder = path.join(home, 'run');
  await train(folder, { ...changes, budget: { steps: 3 } });
  // Its logs can be written, its checkpoints cannot.
  const { checkpoints } = runFiles(folder);
  const copy = path.join(home, 'before');
  cpSync(checkpoints, copy, { recursive: true });
  const readOnly = `mount --bind '${checkpoints}' '${checkpoints}' && mount -o remount,ro,bind '${checkpoints}'`;
  const ended = await trainInProcess(folder, changes, { within: mounted(readOnly, folder) });
  expect(ended.status, ended.stdout).toBe(8);
  expect(readStatus(folder)).toMatchObject({ state: 'failed', exitCode: 8 });
  expect(readdirSync(checkpoints, { recursive: true })).toEqual(readdirSync(copy, { recursive: true }));
  rmSync(copy, { recursive: true });
});
