import { inspect, styleText } from 'node:util';
import { renamingExample } from '../data/files/garbled-name.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { cleanJson, cleanLine, cleanLines } from '../clean-text.js';
import type { GlobalOptions } from './global-options.js';

/** Error codes of the operating system, in words. */
const systemFailures: Partial<Record<string, string>> = {
  EACCES: 'no permission',
  EBUSY: 'something else uses it',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would become larger than is allowed here (ulimit -f, or a limit of the disk)',
  EIO: 'the disk failed',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open on this machine',
  ENODEV: 'its device is not there',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of its path is no folder',
  ENOTFILE: 'it is not a plain file',
  ENXIO: 'it is a socket, or its device is not there',
  EPERM: 'the operating system does not permit it',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'a program in it is running',
};

const hints: Partial<Record<string, string>> = {
  EFBIG: 'Raise the limit (ulimit -f unlimited), or choose another disk, then run again.',
  EMFILE: 'Raise the limit of open files (ulimit -n 1024), then run again.',
  ENFILE: 'End other programs, then run again.',
};

/** Whether memory could not be had: for an array, a process, a thread, or the heap of a thread. */
const isOutOfMemory = (thrown: unknown): boolean => {
  if (!(thrown instanceof Error)) return false;
  const { code, message } = thrown as NodeJS.ErrnoException;
  return (
    ['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'].includes(code ?? '') ||
    message === 'Array buffer allocation failed' ||
    /(std::bad_alloc|out of memory|allocat(e|ion) .*fail|fail.* to allocate)/iu.test(message)
  );
};

/**
 * Prints an error: to stderr as text (what, where, hint), or with --json to stdout as a JSON document. The document takes
 * one line, since it may be the last event of a training.
 *
 * @returns The exit code of the error.
 */
export function reportError(thrown: unknown, { json, debug }: GlobalOptions): number {
  const error = withNameHint(explain(thrown));
  if (json) process.stdout.write(`${cleanJson(errorDocument(error), 0)}\n`);
  else process.stderr.write(`${errorText(error)}\n`);
  if (debug) process.stderr.write(`${cleanLines(inspect(thrown))}\n`);
  return error.exitCode;
}

/** Any error as one that can be printed. */
export function explain(thrown: unknown): NucleateError {
  if (thrown instanceof NucleateError) return thrown;
  const { code, path } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {};
  const failure = code && systemFailures[code];
  if (failure) {
    return new NucleateError({
      what: `A file could not be used: ${failure} (${code}).`,
      ...(path === undefined ? {} : { where: path }),
      hint: hints[code] ?? 'Free space, give permission or choose another place, then run again.',
      exitCode: exitCodes.io,
    });
  }
  if (isOutOfMemory(thrown)) {
    return new NucleateError({
      what: `The memory is not enough: ${(thrown as Error).message}.`,
      hint: 'Free memory or raise its limit (ulimit -v), or use a smaller batch, smaller tiles or smaller images.',
      exitCode: exitCodes.memory,
    });
  }
  return new NucleateError({
    what: `internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint: 'Run again with --debug and report what it prints.',
    exitCode: exitCodes.internal,
  });
}

/** Names that are not UTF-8 come as U+FFFD from the command line and from folders; no other advice helps then. */
function withNameHint(error: NucleateError): NucleateError {
  const { message: what, where, exitCode, problems } = error;
  if (!where?.includes('\ufffd')) return error;
  const hint = `A name in this path is not UTF-8; rename it, for example: ${renamingExample}`;
  return new NucleateError({ what, where, hint, exitCode, problems }, { cause: error });
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
