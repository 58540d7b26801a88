import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownIdentity } from '../src/process-identity.js';
import { makeTemporaryFolder } from '../src/temporary-folder.js';

const before = process.env['TMPDIR'];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nucleate-temporary-'));
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  process.env['TMPDIR'] = before;
  if (before === undefined) delete process.env['TMPDIR'];
  rmSync(folder, { recursive: true });
});

/** The name of a folder of this process with parts of it replaced. */
function nameWith(changes: { pid?: number; started?: string; machine?: string }): string {
  const own = makeTemporaryFolder('image');
  const [, purpose, pid, started, machine, random] = path.basename(own).split('-');
  rmSync(own, { recursive: true });
  return `nucleate-${purpose}-${changes.pid ?? pid}-${changes.started ?? started}-${changes.machine ?? machine}-${random}`;
}

test('what dead processes have left is removed; what living ones use, others made or nobody knows stays', async () => {
  const dead = spawn('true');
  await new Promise((resolve) => dead.on('exit', resolve));
  const lost = [nameWith({ pid: dead.pid! }), nameWith({ started: '1' })];
  const kept = [
    nameWith({}),
    nameWith({ pid: process.ppid, started: ownIdentity().started }).replace(/-\d+-\d+-/u, '-x-'),
    nameWith({ pid: dead.pid!, machine: '0123456789ab' }),
    'nucleate-image-AbCdEf',
    'other',
  ];
  for (const name of [...lost, ...kept]) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'pixels.v'), 'x');
  }
  const made = makeTemporaryFolder('step');
  expect(readdirSync(folder).sort()).toEqual([...kept, path.basename(made)].sort());
  expect(existsSync(path.join(folder, kept[0]!, 'pixels.v'))).toBe(true);
});

test('a temporary folder that does not exist is an error that names TMPDIR', () => {
  process.env['TMPDIR'] = path.join(folder, 'missing');
  expect(() => makeTemporaryFolder('image')).toThrow(
    expect.objectContaining({
      exitCode: 8,
      where: path.join(folder, 'missing'),
      hint: 'Set TMPDIR to a folder that exists, is writable and has space left.',
    }) as Error,
  );
});
