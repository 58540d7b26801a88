import type { Argv } from 'yargs';
import { exitCodes, NucleateError } from '../errors.js';

interface DeclaredOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
}

/** The options that the command which is being parsed takes; yargs has this method, its types do not. */
export function declaredOptions(parser: Argv): DeclaredOptions {
  return (parser as unknown as { getOptions(): DeclaredOptions }).getOptions();
}

/**
 * Refuses what yargs lets pass.
 *
 * @returns true, as yargs demands of a check.
 * @throws {NucleateError} With exit code 2.
 */
export function checkValues(argv: Readonly<Record<string, unknown>>, { key, array }: DeclaredOptions): true {
  if (argv['quiet'] && argv['verbose']) {
    throw wrong('--quiet and --verbose contradict each other.', 'Give one of them.');
  }
  const repeated = Object.keys(key).find((name) => Array.isArray(argv[name]) && !array.includes(name));
  if (repeated) throw wrong(`--${repeated} is given more than once.`, 'Give it once.');

  const [rest] = (argv['--'] ?? []) as string[];
  if (rest !== undefined) throw wrong(`Unexpected argument \`${rest}\` after \`--\`.`, 'Leave it out.');
  return true;
}

const wrong = (what: string, hint: string) => new NucleateError({ what, hint, exitCode: exitCodes.usage });
