/** The command line of nucleate, started by bin/nucleate.js. */
import { setFlagsFromString } from 'node:v8';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { packageVersion } from '../package-version.js';
import { checkValues, declaredOptions } from './check-values.js';
import { flatten, register } from './command.js';
import { commands } from './commands.js';
import { exitCodeTable } from './exit-codes.js';
import { globalOptions, readGlobalOptions } from './global-options.js';
import { reportError } from './report-error.js';
import { flushStreams, surviveClosedStreams } from './streams.js';
import { Terminal } from './terminal.js';
import { usageError } from './usage-error.js';

// The heap may double between two collections. V8 alone lets it grow by a few tenths, and so collects once an image.
setFlagsFromString('--heap-growing-percent=100');

const args = hideBin(process.argv);
const options = readGlobalOptions(args);
const terminal = new Terminal(options);

async function run(): Promise<void> {
  let usage: string | undefined;
  const parser = yargs(args.length > 0 ? args : ['--help'])
    .scriptName('nucleate')
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      // `--set a=b FILE` leaves FILE alone.
      'greedy-arrays': false,
      'parse-numbers': false,
      'populate--': true,
    })
    .exitProcess(false)
    .usage(usageText)
    .options(globalOptions)
    .alias('help', 'h')
    .version(packageVersion())
    .epilogue(`${firstSteps}\n\n${exitCodeTable}`)
    .demandCommand(1)
    .strict()
    .check((argv) => checkValues(argv, declaredOptions(parser)))
    .fail((message, error: Error | undefined) => {
      if (error && error.name !== 'YError') throw error;
      throw usageError(message, {
        args,
        usage,
        words: (parser.parsed ? parser.parsed.argv._ : []).map(String),
        usages: flatten(commands).map(({ usage }) => usage),
        options: Object.keys(declaredOptions(parser).key),
      });
    });
  const enter = (entered: string) => void (usage = entered);
  for (const entry of commands) register(parser, entry, { terminal, enter });
  await parser.parseAsync();
}

const usageText =
  'Find cell nuclei in microscope images, and train and score models that do it.\n\nUsage: nucleate <command> [options]';

const firstSteps = `First steps:
  nucleate quickstart                    everything once, on the bundled sample
  nucleate predict IMAGES --out nuclei   the nuclei of your own images
  nucleate predict --help                options and examples of a command`;

let failed = false;

async function fail(error: unknown): Promise<void> {
  // Printing the first error may fail, too: stdout may be a file on a full disk.
  if (failed) return;
  failed = true;
  terminal.endProgress();
  process.exitCode = reportError(error, options);
  await end();
}

/** Ends the process even if something, such as a timer, would keep it alive. */
async function end(): Promise<void> {
  await flushStreams();
  process.exit();
}

surviveClosedStreams();
// Node reports unhandled rejections here, too.
process.on('uncaughtException', (error) => void fail(error));
await run().then(end, fail);
