import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonError, nucleate, shell } from './run-nucleate.js';

const show = ['config', 'show', 'configs/detector/tiny.yaml'];
const escape = '\u001b';

describe('--json', () => {
  test('prints one document with the values of the config', async () => {
    const { status, stdout, stderr } = await nucleate([...show, '--set', 'loader.batchSize=7', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ task: 'detector', loader: { batchSize: 7 } });
  });

  test('prints the schema', async () => {
    const { stdout } = await nucleate(['config', 'schema', '--json']);
    expect(JSON.parse(stdout)).toHaveProperty('$schema');
  });
});

describe('colour', () => {
  const inTerminal = (env: NodeJS.ProcessEnv) =>
    shell(`script -qec "'${process.execPath}' bin/nucleate.js zzz" /dev/null`, {
      env: { TERM: 'xterm', ...env },
    });

  test('in a terminal', async () => {
    expect((await inTerminal({})).stdout).toContain(`${escape}[31merror:${escape}[39m`);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('not in a terminal with %o', async (env) => {
    const { stdout } = await inTerminal(env);
    expect(stdout).toContain('error: Unknown command');
    expect(stdout).not.toContain(escape);
  });

  test('not in a pipe, unless FORCE_COLOR is set', async () => {
    expect((await nucleate(['zzz'])).stderr).not.toContain(escape);
    expect((await nucleate(['zzz'], { env: { FORCE_COLOR: '1' } })).stderr).toContain(`${escape}[31m`);
  });
});

describe('a reader that stops reading', () => {
  test.each(['config schema', '--help', 'config show configs/detector/tiny.yaml'])(
    'nucleate %s | head -1 ends quietly',
    async (args) => {
      const { status, stdout, stderr } = await shell(`set -o pipefail; nucleate ${args} | head -1`);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.split('\n')).toHaveLength(2);
    },
  );

  test('before the first line', async () => {
    const { stderr } = await shell('nucleate config schema | true; echo "${PIPESTATUS[0]}" >&2');
    expect(stderr).toBe('0\n');
  });
});

describe('a file name with an escape sequence, a line break and a mark that reverses text', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-output-'));
  const file = path.join(folder, `a${escape}[2Jb\nc\u202ed\u009b31me.yaml`);
  beforeAll(() => writeFileSync(file, 'task: nothing\n'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is printed without them', async () => {
    const { stderr } = await nucleate(['config', 'show', file]);
    expect(stderr).toContain(`  where: ${folder}/ab cde.yaml\n`);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
  });

  test('is escaped in JSON', async () => {
    const outcome = await nucleate(['config', 'show', file, '--json']);
    expect(jsonError(outcome).where).toBe(file);
    expect(outcome.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
  });
});

test('a slow reader gets everything, even more than a pipe can hold', async () => {
  const set = `--set data.path="$(printf 'x%.0s' {1..100000})"`;
  const { stdout } = await shell(`nucleate config show configs/detector/tiny.yaml ${set} | (sleep 3; wc -c)`);
  expect(Number(stdout)).toBeGreaterThan(100_000);
});
