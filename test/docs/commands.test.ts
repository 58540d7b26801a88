import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import yargs, { type Argv } from 'yargs';
import { declaredOptions } from '../../src/cli/check-values.js';
import { flatten } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { globalOptions } from '../../src/cli/global-options.js';
import { exitCodes } from '../../src/errors.js';
import { codeLines, currentDocuments, inlineCode, readDocument, root, type Document } from './documents.js';

interface KnownCommand {
  /** `data check`; of a default command that of its group. */
  readonly name: string;
  readonly options: readonly string[];
  readonly parser: Argv<unknown>;
}

const known: readonly KnownCommand[] = flatten(commands).map((command) => {
  const parser = command.builder(yargs([]));
  const options = [...Object.keys(declaredOptions(parser).key), ...Object.keys(globalOptions), 'help'];
  const name = command.usage.replace(/ *[<[].*/u, '');
  return { name: command.isDefault ? name.split(' ')[0]! : name, options, parser };
});

const groups = commands.flatMap((entry) => ('commands' in entry ? [entry.name] : []));

/** Placeholders in the documentation that stand for any command. */
const placeholder = /^(COMMAND|<command>)?( --help)?$/u;

/** Everything behind `nucleate` in code: `predict IMAGES --out nuclei`. */
const uses = (document: Document): string[] =>
  [...codeLines(document), ...inlineCode(document)]
    .map((code) => code.replace(/(^| )#.*/u, ''))
    .flatMap((code) => code.split(/&&|;/u))
    .flatMap((code) => /(?:^|[\s(])nucleate (\S.*)/u.exec(code)?.[1]?.trim() ?? []);

/** The command that a command line begins with. */
const commandOf = (use: string): KnownCommand | undefined =>
  known
    .filter(({ name }) => `${use} `.startsWith(`${name} `))
    .sort((a, b) => b.name.length - a.name.length)[0];

/** What is wrong with a command line; undefined if nothing is. */
function problemOf(use: string): string | undefined {
  const words = use.replace(/\)$/u, '').split(/\s+/u);
  const command = commandOf(use);
  if (!command) return groups.includes(use) || placeholder.test(use) ? undefined : `no such command: ${use}`;
  const given = words.filter((word) => /^--[a-z]/u.test(word)).map((word) => word.slice(2));
  const unknown = given.filter((option) => !command.options.includes(option.replace(/=.*/u, '')));
  return unknown.length > 0 ? `no such option: ${unknown.join(', ')} of ${use}` : undefined;
}

describe.each(currentDocuments)('$file', (document) => {
  test('shows commands and options that exist', () => {
    expect(uses(document).flatMap((use) => problemOf(use) ?? [])).toEqual([]);
  });

  test('names options that some command has', () => {
    const options = inlineCode(document).flatMap((code) => /^--([a-z][a-z-]*)/u.exec(code)?.[1] ?? []);
    const setup = ['cpu', 'cuda', 'verify'];
    const all = new Set([...known.flatMap(({ options }) => options), ...setup]);
    expect(options.filter((option) => !all.has(option))).toEqual([]);
  });

  test('shows npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...document.text.matchAll(/npm run ([\w:]+)/gu)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('the check itself finds what is wrong', () => {
  expect(problemOf('predict IMAGES --out nuclei')).toBeUndefined();
  expect(problemOf('predic IMAGES')).toBe('no such command: predic IMAGES');
  expect(problemOf('predict IMAGES --uot nuclei')).toBe('no such option: uot of predict IMAGES --uot nuclei');
});

test('docs/commands.md lists every command, and options of it in the same row', () => {
  const rows = readDocument('docs/commands.md')
    .text.split('\n')
    .filter((line) => line.startsWith('| `nucleate'));
  const listed = rows.map((row) => {
    const use = /`nucleate ([^`]+)`/u.exec(row)![1]!;
    const command = commandOf(use)!;
    const options = [...row.matchAll(/`--([a-z-]+)/gu)].map(([, option]) => option!);
    expect(
      options.filter((option) => !command.options.includes(option)),
      use,
    ).toEqual([]);
    return command.name;
  });
  expect(listed.sort()).toEqual(known.map(({ name }) => name).sort());
});

test('docs/commands.md lists every output format', () => {
  const { parser } = known.find(({ name }) => name === 'predict')!;
  const { choices } = (
    parser as unknown as { getOptions(): { choices: Record<string, string[]> } }
  ).getOptions();
  const [, table] = /\| `--format`(.*?)\n\n/su.exec(readDocument('docs/commands.md').text)!;
  const listed = [...table!.matchAll(/^\| `([\w-]+)`/gmu)].map(([, format]) => format!);
  expect(listed.sort()).toEqual([...choices['format']!].sort());
});

test('docs/exit-codes.md lists every exit code', () => {
  const rows = [...readDocument('docs/exit-codes.md').text.matchAll(/^\| ([\d, ]+?) +\|/gmu)];
  const listed = rows.flatMap(([, codes]) => codes!.split(', ').map(Number));
  expect(listed).toEqual([...Object.values(exitCodes), 130, 143, 134, 139, 137]);
});
