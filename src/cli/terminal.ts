import { styleText } from 'node:util';
import { cleanJson, cleanLine, cleanLines } from '../clean-text.js';
import type { GlobalOptions } from './global-options.js';
import { type Progress, startProgress } from './progress.js';

/**
 * Prints for a command: results to stdout, everything else to stderr.
 *
 * Control characters are removed, since file names may hold them.
 */
export class Terminal {
  /** The global options of the command line. */
  readonly options: GlobalOptions;
  #progress: Progress | undefined;

  constructor(options: GlobalOptions) {
    this.options = options;
  }

  /** Prints the result of the command, once: `text`, or with --json `value` as one JSON document. */
  result({ text, value }: { text: string; value: unknown }): void {
    this.endProgress();
    const output = this.options.json ? cleanJson(value) : cleanLines(text);
    process.stdout.write(output.endsWith('\n') ? output : `${output}\n`);
  }

  /** With --json: prints an event of a long command as one line of JSON. Such a command prints no result. */
  event(value: unknown): void {
    if (this.options.json) process.stdout.write(`${cleanJson(value, 0)}\n`);
  }

  /** Without --json: prints the last text of a command that has events. */
  summary(text: string): void {
    this.endProgress();
    if (!this.options.json) process.stdout.write(`${cleanLines(text)}\n`);
  }

  /** Prints what is going on, unless --quiet is given. */
  notice(text: string): void {
    if (!this.options.quiet) this.#log(cleanLine(text));
  }

  /** Prints details, only with --verbose. */
  detail(text: string): void {
    if (this.options.verbose) this.#log(cleanLine(text));
  }

  /** Prints a problem that does not stop the command. */
  warn(text: string): void {
    this.#log(`${styleText('yellow', 'warning:', { stream: process.stderr })} ${cleanLine(text)}`);
  }

  /** Shows the progress of a long task: a bar in a terminal, otherwise a plain line every few seconds. */
  progress(label: string, total: number, { plainSeconds = 5 } = {}): Progress {
    const { json, quiet } = this.options;
    const shown = !(json || quiet || this.options['no-progress']);
    this.#progress = startProgress({
      label: cleanLine(label),
      total,
      stream: process.stderr,
      shown,
      plainSeconds,
    });
    return this.#progress;
  }

  /** Ends the progress display, also after a failure. */
  endProgress(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  #log(line: string): void {
    if (this.#progress) this.#progress.log(line);
    else process.stderr.write(`${line}\n`);
  }
}
