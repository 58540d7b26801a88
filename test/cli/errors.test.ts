import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonError, nucleate, shell, type Surroundings } from './run-nucleate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-errors-'));
const wrongConfig = path.join(folder, 'wrong.yaml');
beforeAll(() => writeFileSync(wrongConfig, 'task: detector\nsed: 1\nseed: none\n'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes the real command fail in this way after its start: fixtures/fail.js. */
const failure = (kind: string): Surroundings => ({
  env: { NODE_OPTIONS: `--import ${new URL('fixtures/fail.js', import.meta.url).href}`, FAIL: kind },
});
const show = ['config', 'show', 'configs/detector/tiny.yaml'];

describe('a config with two problems', () => {
  test('as text', async () => {
    const { status, stdout, stderr } = await nucleate(['config', 'show', wrongConfig]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*2 problems\.\n {2}where: .*wrong\.yaml\n {2}hint: /u);
    expect(stderr).toMatch(/^ {2}- Unknown key `sed`\.\n {4}where: .*wrong\.yaml:2:1\n {4}hint: .*`seed`/mu);
    expect(stderr).toMatch(/^ {2}- Expected `seed` .*\n {4}where: .*wrong\.yaml:3:7\n/mu);
  });

  test('as JSON', async () => {
    const outcome = await nucleate(['config', 'show', wrongConfig, '--json']);
    expect(outcome).toMatchObject({ status: 2, stderr: '' });
    const error = jsonError(outcome);
    expect(error).toMatchObject({ code: 2, where: wrongConfig });
    expect(error.problems).toHaveLength(2);
    expect(error.problems[0]).toMatchObject({ what: 'Unknown key `sed`.', where: `${wrongConfig}:2:1` });
  });
});

test('a name that is not UTF-8 is an error with what helps', async () => {
  const file = `${folder}/$(printf 'caf\\351').yaml`;
  const { status, stderr } = await shell(`cp '${wrongConfig}' "${file}"; nucleate config show "${file}"`);
  expect(status).toBe(2);
  expect(stderr).toContain('caf\ufffd.yaml');
  expect(stderr).toContain('  hint: A name in this path is not UTF-8; rename it, for example: convmv');
});

describe.each([
  { kind: 'throw', code: 1, what: 'internal error: the test failed', hint: /--debug/u },
  { kind: 'reject', code: 1, what: 'internal error: the test failed', hint: /--debug/u },
  {
    kind: 'disk-full',
    code: 8,
    what: 'A file could not be used: no space is left on the disk (ENOSPC).',
    hint: /^Free/u,
  },
  {
    kind: 'file-limit',
    code: 8,
    what: 'A file could not be used: it would become larger than is allowed here (ulimit -f, or a limit of the disk) (EFBIG).',
    hint: /ulimit -f unlimited/u,
  },
  {
    kind: 'open-files',
    code: 8,
    what: 'A file could not be used: too many files are open (EMFILE).',
    hint: /ulimit -n 1024/u,
  },
  {
    kind: 'pipe',
    code: 8,
    what: 'A file could not be used: it is not a plain file (ENOTFILE).',
    hint: /another place/u,
  },
  {
    kind: 'memory',
    code: 4,
    what: 'The memory is not enough: Array buffer allocation failed.',
    hint: /ulimit -v/u,
  },
])('a failure of the kind $kind', ({ kind, code, what, hint }) => {
  test('as text, without a stack', async () => {
    const { status, stderr } = await nucleate(show, failure(kind));
    expect(status).toBe(code);
    const [first, ...rest] = stderr.trimEnd().split('\n');
    expect(first).toBe(`error: ${what}`);
    expect(rest).toHaveLength(1);
    expect(rest[0]?.replace('  hint: ', '')).toMatch(hint);
  });

  test('as JSON', async () => {
    const outcome = await nucleate([...show, '--json'], failure(kind));
    expect(outcome).toMatchObject({ status: code, stderr: '' });
    expect(jsonError(outcome)).toMatchObject({ code, what });
  });

  test('with its stack under --debug', async () => {
    const { stderr } = await nucleate([...show, '--debug'], failure(kind));
    expect(stderr).toMatch(/^ {4}at .*fail\.js:\d+/mu);
  });
});

test('a result that cannot be written is reported once', async () => {
  const outcome = await shell('nucleate config schema > /dev/full');
  expect(outcome.status).toBe(8);
  expect(outcome.stderr).toMatch(/^error: .*ENOSPC.*\n {2}hint: .*\n$/u);
});
