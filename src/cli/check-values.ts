import type { Argv } from 'yargs';
import { exitCodes, NucleateError } from '../errors.js';

interface DeclaredOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
}

/** The options of the command that is being parsed; yargs has this method, but its types lack it. */
export function declaredOptions(parser: Argv): DeclaredOptions {
  return (parser as unknown as { getOptions(): DeclaredOptions }).getOptions();
}

/**
 * Rejects wrong values that yargs accepts.
 *
 * @returns true, which yargs expects of a check.
 * @throws {NucleateError} With exit code 2.
 */
export function checkValues(argv: Readonly<Record<string, unknown>>, { key, array }: DeclaredOptions): true {
  if (argv['quiet'] && argv['verbose']) {
    throw wrong('--quiet and --verbose cannot be used together.', 'Use one of them.');
  }
  const repeated = Object.keys(key).find((name) => Array.isArray(argv[name]) && !array.includes(name));
  if (repeated) throw wrong(`--${repeated} is given more than once.`, 'Give it once.');

  const [rest] = (argv['--'] ?? []) as string[];
  if (rest !== undefined) throw wrong(`Unexpected argument \`${rest}\` after \`--\`.`, 'Remove it.');
  return true;
}

const wrong = (what: string, hint: string) => new NucleateError({ what, hint, exitCode: exitCodes.usage });
