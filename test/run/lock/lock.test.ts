import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockRun } from '../../../src/run/lock/lock.js';
import { lifeOf, ownIdentity } from '../../../src/process-identity.js';
import { useScripts } from '../children.js';
import { scratchFolder } from '../scratch.js';

const runScript = useScripts();

function lock(folder: string, force = false) {
  const notices: string[] = [];
  const { release } = lockRun(folder, { force, onTakeover: (notice) => notices.push(notice) });
  return { release, notices };
}

/** A lock as another process would have left it. */
function leaveLock(folder: string, changes: object): void {
  mkdirSync(path.join(folder, 'run.lock'));
  writeFileSync(path.join(folder, 'run.lock/1'), `${JSON.stringify({ ...ownIdentity(), ...changes })}\n`);
}

test('a lock keeps others out until it is released', () => {
  const folder = scratchFolder();
  const { release } = lock(folder);
  expect(() => lock(folder)).toThrow(
    expect.objectContaining({
      exitCode: 7,
      message: `Process ${process.pid} is training in this folder.`,
      where: path.join(folder, 'run.lock'),
    }) as Error,
  );
  expect(() => lock(folder, true)).toThrow('is training');
  release();
  expect(lock(folder).notices).toEqual([]);
  expect(readdirSync(path.join(folder, 'run.lock'))).toEqual(['2']);
});

test('the lock of a killed process is taken over with a notice', async () => {
  const folder = scratchFolder();
  const { stdout, signal } = await runScript('lock/hold', [folder], { killAfterMs: 0 });
  expect(signal).toBe('SIGKILL');
  expect(lock(folder).notices).toEqual([
    `Process ${stdout.trim()} on ${ownIdentity().host} died during this run; its lock is taken over.`,
  ]);
  expect(readdirSync(path.join(folder, 'run.lock'))).toEqual(['2']);
});

test('a process that ends well leaves no notice', async () => {
  const folder = scratchFolder();
  expect((await runScript('lock/hold', [folder, 'release'])).status).toBe(0);
  expect((await runScript('lock/hold', [folder, 'release'])).stderr).toBe('');
});

test.each([
  ['another boot of the machine', { boot: 'earlier' }],
  ['the same pid, used by an earlier process', { started: '1' }],
  // The largest pid of Linux is 2^22.
  ['a pid that does not exist', { pid: 2 ** 22 + 1 }],
])('a lock of %s is taken over', (_, changes) => {
  const folder = scratchFolder();
  leaveLock(folder, changes);
  expect(lock(folder).notices).toHaveLength(1);
});

test.each([
  ['machine', { host: 'elsewhere' }],
  ['container', { pidNamespace: 'pid:[1]' }],
])('the lock of another %s is taken by force alone', (_, changes) => {
  const folder = scratchFolder();
  leaveLock(folder, { pid: 1, ...changes });
  expect(() => lock(folder)).toThrow(
    expect.objectContaining({
      exitCode: 7,
      hint: expect.stringContaining('--force-unlock') as string,
    }) as Error,
  );
  expect(lock(folder, true).notices).toHaveLength(1);
});

test('a process of another user counts as running', () => {
  // Process 1 is not ours, or we are root; either way it runs.
  const stat = readFileSync('/proc/1/stat', 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
  expect(lifeOf({ ...ownIdentity(), pid: 1, started })).toBe('running');
});

test('a lock that cannot be read is left alone', () => {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'run.lock'));
  writeFileSync(path.join(folder, 'run.lock/3'), 'half a lo');
  expect(() => lock(folder)).toThrow(
    expect.objectContaining({ exitCode: 7, where: path.join(folder, 'run.lock/3') }) as Error,
  );
});

test('a missing folder: exit code 8', () => {
  const file = path.join(scratchFolder(), 'file');
  writeFileSync(file, '');
  expect(() => lock(file)).toThrow(expect.objectContaining({ exitCode: 8 }) as Error);
});

test('exactly one of 20 simultaneous processes gets the lock, whether it was free, released or stale', async () => {
  const folder = scratchFolder();
  const rounds = 15;
  const processes = 20;
  const dead = scratchFolder();
  await runScript('lock/hold', [dead], { killAfterMs: 0 });
  const over = scratchFolder();
  await runScript('lock/hold', [over, 'release']);
  for (let round = 0; round < rounds; round++) {
    const run = path.join(folder, `run-${round}`);
    if (round % 3 === 0) mkdirSync(run);
    else cpSync(round % 3 === 1 ? dead : over, run, { recursive: true });
  }
  const all = await Promise.all(
    Array.from({ length: processes }, () => runScript('lock/contend', [folder, `${rounds}`, `${processes}`])),
  );
  expect(all.map(({ stderr, status }) => stderr + String(status))).toEqual(new Array(processes).fill('0'));
  const won = all.flatMap(({ stdout }) => stdout.trim().split('\n').filter(Boolean).map(Number));
  expect(won.sort((a, b) => a - b)).toEqual([...new Array(rounds).keys()]);
}, 240_000);
