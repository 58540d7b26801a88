import { inspect, styleText } from 'node:util';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { cleanJson, cleanLine, cleanLines } from './clean-text.js';
import type { GlobalOptions } from './global-options.js';

/** Error codes of the operating system, in words. */
const systemFailures: Partial<Record<string, string>> = {
  EACCES: 'no permission',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk failed',
  EMFILE: 'too many open files',
  ENOSPC: 'no space is left on the disk',
  EPERM: 'the operating system does not permit it',
  EROFS: 'the file system is read-only',
};

/**
 * Prints an error: to stderr as text (what, where, hint), or with --json to stdout as a JSON document. The document takes
 * one line, since it may be the last event of a training.
 *
 * @returns The exit code of the error.
 */
export function reportError(thrown: unknown, { json, debug }: GlobalOptions): number {
  const error = explain(thrown);
  if (json) process.stdout.write(`${cleanJson(errorDocument(error), 0)}\n`);
  else process.stderr.write(`${errorText(error)}\n`);
  if (debug) process.stderr.write(`${cleanLines(inspect(thrown))}\n`);
  return error.exitCode;
}

function explain(thrown: unknown): NucleateError {
  if (thrown instanceof NucleateError) return thrown;
  const { code, path } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {};
  const failure = code && systemFailures[code];
  if (failure) {
    return new NucleateError({
      what: `A file could not be used: ${failure} (${code}).`,
      ...(path === undefined ? {} : { where: path }),
      hint: 'Free space, give permission or choose another place, then run again.',
      exitCode: exitCodes.io,
    });
  }
  return new NucleateError({
    what: `internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint: 'Run again with --debug and report what it prints.',
    exitCode: exitCodes.internal,
  });
}

function errorDocument({ exitCode, message, where, hint, problems }: NucleateError) {
  return { error: { code: exitCode, what: message, where, hint, problems } };
}

function errorText({ message, where, hint, problems }: NucleateError): string {
  const title = styleText('red', 'error:', { stream: process.stderr });
  const lines = [`${title} ${cleanLine(message)}`, ...places({ where, hint }, '  ')];
  return [...lines, ...problems.flatMap(problemLines)].join('\n');
}

function problemLines({ what, ...rest }: Problem): string[] {
  return [`  - ${cleanLine(what)}`, ...places(rest, '    ')];
}

function places({ where, hint }: { where?: string | undefined; hint?: string | undefined }, indent: string) {
  return [
    ...(where === undefined ? [] : [`${indent}where: ${cleanLine(where)}`]),
    ...(hint === undefined ? [] : [`${indent}hint: ${cleanLine(hint)}`]),
  ];
}
