import { expect, test } from 'vitest';
import { jsonError, nucleate, run } from './run-nucleate.js';

const config = 'configs/detector/tiny.yaml';

test.each([
  {
    line: 'confg show configs/detector/tiny.yaml',
    what: 'Unknown command `nucleate confg`.',
    hint: 'Did you mean `nucleate config`?',
  },
  {
    line: 'config shwo',
    what: 'Unknown command `nucleate config shwo`.',
    hint: 'Did you mean `nucleate config show`?',
  },
  {
    line: 'schema x',
    what: 'Unknown command `nucleate schema`.',
    hint: 'Did you mean `nucleate config schema`?',
  },
  { line: 'zzz', what: 'Unknown command `nucleate zzz`.', hint: '`nucleate --help` lists the commands.' },
  { line: '--verbose', what: 'No command given.', hint: '`nucleate --help` lists the commands.' },
  {
    line: 'config',
    what: '`nucleate config` needs a command.',
    hint: 'Use `nucleate config show` or `nucleate config schema`.',
  },
  {
    line: 'config show',
    what: 'Missing argument: nucleate config show <file>',
    hint: '`nucleate config show --help` shows its arguments and options.',
  },
  {
    line: 'config show configs/detector/tiny.yaml b c',
    what: 'Unexpected argument `b c` after `nucleate config show <file>`.',
    hint: '`nucleate config show --help` shows its arguments and options.',
  },
  {
    line: 'config show configs/detector/tiny.yaml -- b',
    what: 'Unexpected argument `b` after `--`.',
    hint: 'Remove it.',
  },
  {
    line: 'config schema --verbos',
    what: 'Unknown option `--verbos`.',
    hint: 'Did you mean `--verbose`?',
  },
  {
    line: 'config schema --set a=1',
    what: 'Unknown option `--set`.',
    hint: '`nucleate config schema --help` shows its arguments and options.',
  },
  {
    line: 'config schema --constructor',
    what: 'Unknown option `--constructor`.',
    hint: '`nucleate config schema --help` shows its arguments and options.',
  },
  {
    line: 'config schema --no-json',
    what: 'Unknown option `--no-json`.',
    hint: '`nucleate config schema --help` shows its arguments and options.',
  },
  {
    line: 'config show configs/detector/tiny.yaml --set',
    what: '--set needs a value.',
    hint: '`nucleate config show --help` shows its arguments and options.',
  },
  {
    line: 'completion fish',
    what: '<shell> cannot be "fish": expected one of "bash", "zsh".',
    hint: '`nucleate completion --help` shows its arguments and options.',
  },
  {
    line: 'config schema --quiet --verbose',
    what: '--quiet and --verbose cannot be used together.',
    hint: 'Use one of them.',
  },
  {
    line: 'train',
    what: '`nucleate train` needs a command.',
    hint: 'Use `nucleate train detector` or `nucleate train segmenter`.',
  },
])('nucleate $line', async ({ line, what, hint }) => {
  expect(await nucleate(line.split(' '))).toEqual({
    status: 2,
    stdout: '',
    stderr: `error: ${what}\n  hint: ${hint}\n`,
  });
});

test('all unknown options are listed at once', async () => {
  const { stderr } = await nucleate(['config', 'schema', '--jsn', '--quite']);
  expect(stderr).toBe(
    [
      'error: 2 unknown options.',
      '  hint: `nucleate config schema --help` shows its arguments and options.',
      '  - Unknown option `--jsn`.',
      '    hint: Did you mean `--json`?',
      '  - Unknown option `--quite`.',
      '    hint: Did you mean `--quiet`?',
      '',
    ].join('\n'),
  );
});

test('a wrong command line with --json gets a JSON error', async () => {
  const outcome = await nucleate(['confg', '--json']);
  expect(outcome).toMatchObject({ status: 2, stderr: '' });
  expect(jsonError(outcome)).toEqual({
    code: 2,
    what: 'Unknown command `nucleate confg`.',
    hint: 'Did you mean `nucleate config`?',
    problems: [],
  });
});

test('without arguments it prints the help with the exit codes', async () => {
  const { status, stdout } = await nucleate([]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ {2}nucleate config /mu);
  expect(stdout).toMatch(/^ {2}8 {8}disk full/mu);
});

test('--version prints the version of package.json', async () => {
  const { stdout } = await run(process.execPath, ['-p', 'require("./package.json").version']);
  expect(await nucleate(['--version'])).toEqual({ status: 0, stdout, stderr: '' });
});

test('an option with a value does not consume the next argument', async () => {
  const { status, stdout } = await nucleate([
    'config',
    'show',
    '--set',
    'seed=3',
    '--set',
    'optimizer.momentum=0.5',
    config,
  ]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^seed: 3$/mu);
  expect(stdout).toMatch(/^ +momentum: 0\.5$/mu);
});

test('arguments reach the command unchanged', async () => {
  const { stderr } = await nucleate(['config', 'show', 'no such  "file" $HOME.yaml']);
  expect(stderr).toContain('  where: no such  "file" $HOME.yaml\n');
});
