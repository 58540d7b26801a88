import path from 'node:path';
import type { Split } from '../../data/split/split.js';
import { readSplit } from '../../data/split/split-file.js';
import { type ExitCode, NucleateError, type Problem } from '../../errors.js';
import { readModelFolder } from '../../model/model-folder.js';
import { shippedModel } from '../../model/shipped-model.js';
import type { Terminal } from '../terminal.js';
import { commandLine, commandLines } from './command-line.js';
import { takeFolder, writeRecord } from './folder.js';
import { isInterruption, runCommand } from './run-command.js';
import { seenSentence, wholeSplitName } from './seen.js';
import {
  packageFile,
  quickstartFiles,
  type QuickstartRequest,
  type QuickstartStep,
  quickstartSteps,
  sampleSplit,
  shippedName,
  validationFold,
} from './steps.js';
import { type QuickstartSummary, scoreIn, summaryText } from './summary.js';

/** A command that has finished. */
interface DoneStep {
  readonly command: string;
  readonly seconds: number;
  /** With --json: the document that the command printed, or the last of its events; otherwise null. */
  readonly result: unknown;
}

/** Characters in a line, if there is no terminal. */
const usualWidth = 80;

/** The steps by their keys, in the order in which they run. */
type Steps = ReturnType<typeof quickstartSteps>;

/**
 * Runs the commands of the whole workflow one after the other and prints a summary.
 *
 * @throws {NucleateError} With the exit code of the first command that fails; as `takeFolder`.
 */
export async function runQuickstart(
  terminal: Terminal,
  { out, device, steps }: Omit<QuickstartRequest, 'images'>,
): Promise<void> {
  const began = performance.now();
  const images = validationImages(await readSplit(sampleSplit()));
  const shipped = await readModelFolder(shippedModel);
  const whole = await readSplit(packageFile(`configs/splits/${wholeSplitName}`));
  const release = takeFolder(out);
  try {
    const done = await runAll(terminal, quickstartSteps({ out, device, steps, images }));
    const files = quickstartFiles(out);
    const summary: QuickstartSummary = {
      folder: out,
      images,
      models: [
        {
          name: 'tiny',
          score: scoreIn(files.scores, path.join(files.tinyNuclei, 'labels')),
          trainingSeconds: done.trainDetector.seconds + done.trainSegmenter.seconds,
          predictionSeconds: done.predictTiny.seconds,
        },
        {
          name: shippedName,
          score: scoreIn(files.scores, path.join(files.shippedNuclei, 'labels')),
          trainingSeconds: null,
          predictionSeconds: done.predictShipped.seconds,
        },
      ],
      seen: seenSentence(shipped.file, whole),
      seconds: (performance.now() - began) / 1000,
    };
    const value = { ...summary, files, steps: Object.values(done) };
    writeRecord(out, value);
    terminal.notice('');
    terminal.result({ text: summaryText(summary), value });
  } finally {
    release();
  }
}

const validationImages = ({ images }: Split): string[] =>
  Object.entries(images).flatMap(([name, { fold }]) => (fold === validationFold ? [name] : []));

async function runAll(terminal: Terminal, steps: Steps): Promise<Record<keyof Steps, DoneStep>> {
  const { options } = terminal;
  const globalOptions = Object.entries(options).flatMap(([name, isGiven]) => (isGiven ? [`--${name}`] : []));
  const width = Math.max(40, process.stderr.columns ?? usualWidth);
  const all = Object.entries(steps);
  const done: [string, DoneStep][] = [];
  for (const [index, [key, step]] of all.entries()) {
    const { title, args }: QuickstartStep = step;
    if (index > 0) terminal.notice('');
    terminal.notice(`${index + 1} of ${all.length}: ${title}`);
    for (const [line, text] of commandLines(args, width - prompt.length).entries())
      terminal.notice((line === 0 ? prompt : '') + text);

    const command = commandLine(args);
    const { status, seconds, stdout } = await runCommand([...args, ...globalOptions], {
      capture: options.json,
    });
    const result = options.json ? lastDocument(stdout) : null;
    if (status !== 0) throw stopped(command, status, result);
    done.push([key, { command, seconds, result }]);
  }
  return Object.fromEntries(done) as Record<keyof Steps, DoneStep>;
}

const prompt = '$ ';

/** The document that a command printed, or the last of its events, one a line. */
function lastDocument(stdout: string): unknown {
  for (const text of [stdout, stdout.trimEnd().split('\n').at(-1)!]) {
    try {
      return JSON.parse(text);
    } catch {
      // Several events, or part of a document from a process that was killed.
    }
  }
  return null;
}

function stopped(command: string, status: number, result: unknown): NucleateError {
  const cause = (result as { error?: Problem } | null)?.error;
  const isInterrupted = isInterruption(status);
  return new NucleateError({
    what: isInterrupted
      ? 'The quickstart was interrupted.'
      : `A command of the quickstart failed with exit code ${status}.`,
    where: command,
    hint: `${isInterrupted ? 'Run' : 'Fix the problem, then run'} the quickstart again; it starts from the beginning.`,
    // May also be 128 + the number of a signal; the process ends with it like with any other code.
    exitCode: status as ExitCode,
    problems: cause ? [cause] : [],
  });
}
