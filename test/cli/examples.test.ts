import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { flatten } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { nucleate, root, shell } from './run-nucleate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-examples-'));
// The examples use files of a clone; this copy keeps their output out of the clone.
cpSync(path.join(root, 'configs'), path.join(folder, 'configs'), { recursive: true });
cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(flatten(commands))('nucleate $usage', ({ usage, examples }) => {
  test('has an example in its help', async () => {
    const name = usage.replace(/ *[<[].*/u, '');
    const { status, stdout } = await nucleate([...name.split(' '), '--help']);
    expect(status).toBe(0);
    expect(examples.length).toBeGreaterThan(0);
    // A line that is too long would be wrapped and could not be copied.
    for (const [line, description] of examples) expect(stdout).toContain(`  ${line}\n      ${description}`);
  });

  // Take minutes (.ci/run, test/slow/gpu-check.test.ts), may download a library (test/setup/setup.test.ts), or do not end
  // (annotate.test.ts).
  const brief = examples
    .map(([line]) => line)
    .filter((line) => !/^nucleate (quickstart|setup|annotate|doctor --gpu)/u.test(line));

  test.each(brief)('%s', { timeout: 120_000 }, async (line) => {
    // bash has no compdef, which the script for zsh calls.
    const outcome = await shell(`compdef() { :; }; ${line}`, { cwd: folder });
    expect(outcome).toMatchObject({ status: 0 });
  });
});
