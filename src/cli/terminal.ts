import { styleText } from 'node:util';
import { cleanJson, cleanLine, cleanLines } from './clean-text.js';
import type { GlobalOptions } from './global-options.js';
import { type Progress, startProgress } from './progress.js';

/**
 * What a command prints with: results go to stdout, all else to stderr.
 *
 * Everything is cleaned of control characters on its way, since file names may hold them.
 */
export class Terminal {
  /** How the user wants to be told. */
  readonly options: GlobalOptions;
  #progress: Progress | undefined;

  constructor(options: GlobalOptions) {
    this.options = options;
  }

  /** Prints the result of the command, once: `text`, or `value` as the one JSON document under --json. */
  result({ text, value }: { text: string; value: unknown }): void {
    this.endProgress();
    const output = this.options.json ? cleanJson(value) : cleanLines(text);
    process.stdout.write(output.endsWith('\n') ? output : `${output}\n`);
  }

  /** Under --json: prints an event of a command that goes on for long as a line; such a command has no result. */
  event(value: unknown): void {
    if (this.options.json) process.stdout.write(`${cleanJson(value, 0)}\n`);
  }

  /** Without --json: prints what a command that has events says at its end. */
  summary(text: string): void {
    this.endProgress();
    if (!this.options.json) process.stdout.write(`${cleanLines(text)}\n`);
  }

  /** Tells what is going on; --quiet silences it. */
  notice(text: string): void {
    if (!this.options.quiet) this.#log(cleanLine(text));
  }

  /** Tells what only --verbose asks for. */
  detail(text: string): void {
    if (this.options.verbose) this.#log(cleanLine(text));
  }

  /** Tells what the user may want to mend although the command goes on. */
  warn(text: string): void {
    this.#log(`${styleText('yellow', 'warning:', { stream: process.stderr })} ${cleanLine(text)}`);
  }

  /** Shows how far a long task is: a bar in a terminal, else a plain line every few seconds. */
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

  /** Ends the progress that a command has left, because it failed. */
  endProgress(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  #log(line: string): void {
    if (this.#progress) this.#progress.log(line);
    else process.stderr.write(`${line}\n`);
  }
}
