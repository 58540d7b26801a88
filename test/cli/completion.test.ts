import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonError, launcher, nucleate, run } from './run-nucleate.js';

/** A folder in PATH that contains `nucleate`, as `npm link` makes it. */
const bin = mkdtempSync(path.join(tmpdir(), 'nucleate-completion-'));
beforeAll(() => symlinkSync(launcher, path.join(bin, 'nucleate')));
afterAll(() => rmSync(bin, { recursive: true }));

// The user's SHELL may differ from the shell that asks for completions.
const env = { PATH: `${bin}:${process.env.PATH}`, SHELL: '/bin/zsh' };

/** The completions that bash offers for the last of `words`. */
async function completions(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `
    source <(nucleate completion bash)
    COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}
    $(complete -p nucleate | sed 's/.*-F \\([^ ]*\\) .*/\\1/') nucleate "\${COMP_WORDS[-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run('bash', ['-c', script], { env });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').sort();
}

describe('in bash', () => {
  test.each([
    { words: ['nucleate', 'conf'], expected: ['config'] },
    { words: ['nucleate', 'config', ''], expected: ['schema', 'show'] },
    { words: ['nucleate', 'config', 'show', '--se'], expected: ['--set'] },
    { words: ['nucleate', 'config', 'show', 'x', '--json', '--no'], expected: ['--no-progress'] },
    { words: ['nucleate', 'completion', 'b'], expected: ['bash'] },
    { words: ['nucleate', 'zzz'], expected: [''] },
  ])('$words', async ({ words, expected }) => {
    expect(await completions(...words)).toEqual(expected);
  });
});

const zsh = await run('zsh', ['--version']).catch(() => undefined);

test('in zsh', async ({ skip }) => {
  if (!zsh) skip('zsh is not installed on this machine');
  // compadd works only while a user types; this _describe prints what it would get.
  const script = `
    autoload -U compinit && compinit -u -D
    source <(nucleate completion zsh)
    _describe() { print -l -- "\${(@P)2}" }
    words=(nucleate config '') && $_comps[nucleate]`;
  const { stdout } = await run('zsh', ['-fc', script], { env: { ...env, SHELL: '/bin/bash' } });
  expect(stdout.trim().split('\n')).toEqual([
    'show:Check a config file and print it with all defaults filled in',
    'schema:Print the JSON Schema of config files, for completion and checks in editors',
  ]);
});

test('as JSON', async () => {
  const { stdout } = await nucleate(['completion', 'zsh', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    shell: 'zsh',
    script: expect.stringMatching(/^#compdef/u) as string,
  });
  expect(jsonError(await nucleate(['completion', 'fish', '--json'])).code).toBe(2);
});
