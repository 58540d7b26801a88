import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const setup = (args: string[], env: Record<string, string>) =>
  spawnSync(process.execPath, ['setup/setup.js', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
const emptyFolder = () => mkdtempSync(path.join(tmpdir(), 'nucleate-setup-'));
/** A folder of links to the named programs, used as PATH. */
function onlyPrograms(...names: string[]): string {
  const bin = path.join(emptyFolder(), 'bin');
  mkdirSync(bin);
  for (const name of names) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, path.join(bin, name));
  }
  return bin;
}

test('does nothing and says so when all is done', () => {
  const said = 'set-up is complete (there was nothing to do)\n';
  expect(setup([], {})).toMatchObject({ status: 0, stdout: '', stderr: said });
  expect(setup(['--quiet'], {})).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('names everything that is missing at once', () => {
  const { status, stderr } = setup(['--cpu'], {
    NUCLEATE_CACHE: emptyFolder(),
    PATH: onlyPrograms(),
    CXX: '',
  });
  expect(stderr).toBe(
    'error: This machine lacks Python 3.8 or later and a C++ compiler.\n' +
      '  hint: Install, on Debian or Ubuntu: apt install python3 python3-pip g++\n',
  );
  expect(status).toBe(9);
});

test('without a network it says so, and how to download by hand', () => {
  const { status, stderr } = setup(['--cpu'], {
    NUCLEATE_CACHE: emptyFolder(),
    PIP_INDEX_URL: 'http://127.0.0.1:9/',
    PIP_FIND_LINKS: '',
    PIP_RETRIES: '0',
  });
  expect(stderr).toMatch(
    /error: pip found no package index that has tensorflow_cpu-2\.21\.0-.*\.whl \(.+\)\.\n/,
  );
  expect(stderr).toMatch(/ {2}hint: .*pip download tensorflow-cpu==2\.21\.0 .* -d .*\/downloads\n$/);
  expect(status).toBe(9);
});

test.each([
  [['--gpu'], "error: Unknown option '--gpu'"],
  [['--cpu', '--cuda'], 'error: --cpu and --cuda cannot be combined.'],
])('%o is wrong', (args, message) => {
  const { status, stderr } = setup(args, {});
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
