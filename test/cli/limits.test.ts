import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root, run } from './run-nucleate.js';

const image = 'examples/dsb2018-mini/a-5afb7932.png';

/** Runs nucleate in a shell with a limit of `ulimit`. */
const limited = (limit: string, args: string) =>
  run('bash', [
    '-c',
    `ulimit ${limit}; exec '${process.execPath}' '${path.join(root, 'bin/nucleate.js')}' ${args}`,
  ]);

// With fewer than 20 Node does not get as far as the first line of a program.
test.each([20, 24])('%i open files are too few: a sentence and exit code 8, not a stack', async (files) => {
  expect(await limited(`-n ${files}`, 'doctor')).toEqual({
    status: 8,
    stdout: '',
    stderr: `error: Only ${files} files may be open at once; nucleate needs 128.\n  hint: Raise the limit: ulimit -n 1024\n`,
  });
});

test('a working folder that was deleted: a sentence and exit code 8', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-deleted-'));
  const line = 'cd "$0" && rmdir "$0" && exec "$@"';
  const doctor = [process.execPath, path.join(root, 'bin/nucleate.js'), 'doctor'];
  expect(await run('bash', ['-c', line, folder, ...doctor])).toEqual({
    status: 8,
    stdout: '',
    stderr:
      'error: The folder in which nucleate was started does not exist any more.\n  hint: Change to another folder, then run again.\n',
  });
});

test('too little memory for TensorFlow: exit code 4', { timeout: 120_000 }, async () => {
  const { status, stderr } = await limited(
    '-v 2200000',
    `predict ${image} --out /tmp/nucleate-never-written`,
  );
  expect(stderr).toMatch(/memory/u);
  expect(status).toBe(4);
});

test(
  'a temporary folder that is full: exit code 8, and nothing is left in it',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-full-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const inFull = `mount -t tmpfs -o size=4k tmpfs "$0" && TMPDIR="$0" "$@"; status=$?; ls "$0" | wc -l; exit $status`;
    const within = ['--user', '--map-root-user', '--mount', 'bash', '-c', inFull, folder];
    const predict = [
      process.execPath,
      path.join(root, 'bin/nucleate.js'),
      'predict',
      image,
      '--out',
      `${folder}-out`,
    ];
    const { status, stdout, stderr } = await run('unshare', [...within, ...predict]);
    expect(stderr).toContain('error: The temporary folder cannot be used: ENOSPC: no space left on device');
    expect(stderr).toContain(`where: ${folder}\n  hint: Set TMPDIR to a folder that exists`);
    expect({ status, left: stdout.trim() }).toEqual({ status: 8, left: '0' });
  },
);

test(
  'a file that may not become large: exit code 8, and nothing half-written',
  { timeout: 120_000 },
  async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'nucleate-limits-'));
    onTestFinished(() => rmSync(out, { recursive: true }));
    const { status, stderr } = await limited('-f 1', `predict ${image} --format labels --out '${out}'`);
    expect(stderr).toMatch(/file too large/u);
    expect(stderr).toContain('hint: Raise the limit of file size: ulimit -f unlimited');
    expect(status).toBe(8);
    expect(readdirSync(out, { recursive: true })).toEqual([]);
  },
);
