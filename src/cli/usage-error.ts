import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { nearestOf } from '../nearest.js';

export interface CommandLine {
  /** As the user typed them. */
  readonly args: readonly string[];
  /** The command that they name, `config show <file>`; undefined if they name none. */
  readonly usage: string | undefined;
  /** The arguments that are not options. */
  readonly words: readonly string[];
  /** Every command: `config show <file>`. */
  readonly usages: readonly string[];
  /** The options of the command. */
  readonly options: readonly string[];
}

/** Makes an error for the user of what yargs reports about a command line. */
export function usageError(message: string, line: CommandLine): NucleateError {
  const { usage } = line;
  const command = usage === undefined ? 'nucleate' : `nucleate ${nameOf(usage)}`;
  if (usage === undefined && line.words.length > 0) return unknownCommand(line);

  const unknown = unknownOptions(line);
  if (unknown.length > 0) return unknownOptionsError(unknown, command, line.options);
  if (usage === undefined) return wrong('No command given.', listCommands);
  return wrong(explain(message, usage, line) ?? `${message.replaceAll(/\s+/gu, ' ')}.`, seeHelp(command));
}

/** What an option is that another one needs. */
const meanings: Partial<Record<string, string>> = {
  split: ': the file that says which image is in which fold',
};

function explain(message: string, usage: string, { words }: CommandLine): string | undefined {
  if (message.startsWith('Unknown')) {
    // A default command is called without its own name.
    const extra = words.slice(nameOf(usage).split(' ').length).join(' ') || words.at(-1)!;
    return `Unexpected argument \`${extra}\` after \`nucleate ${usage}\`.`;
  }
  if (message.startsWith('Not enough non-option')) return `Missing argument: nucleate ${usage}`;

  const missing = /^Missing required arguments?: (.+)/u.exec(message)?.[1];
  if (missing) return `Missing: ${missing.replaceAll(/[^, ]+/gu, '--$&')}.`;
  const valueless = /^Not enough arguments following: (.+)/u.exec(message)?.[1];
  if (valueless) return `--${valueless} needs a value.`;
  const [, needing, needed] = /^Missing dependent arguments:\s+(\S+) -> (\S+)/u.exec(message) ?? [];
  if (needing && needed) return `--${needing} needs --${needed}${meanings[needed] ?? ''}.`;
  const [, one, other] = /^Arguments (\S+) and (\S+) are mutually exclusive/u.exec(message) ?? [];
  if (one && other) return `--${one} and --${other} exclude each other: leave one of them out.`;
  const [, name, given, choices] = /Argument: (.+), Given: (.+), Choices: (.+)/u.exec(message) ?? [];
  if (!name || !given || !choices) return undefined;
  const argument = usage.includes(`<${name}>`) ? `<${name}>` : `--${name}`;
  return `${argument} cannot be ${given}: expected one of ${choices}.`;
}

function unknownCommand({ words, usages }: CommandLine): NucleateError {
  const [first = '', second] = words;
  const names = usages.map(nameOf);
  const ofGroup = names.filter((name) => name.startsWith(`${first} `));
  if (ofGroup.length > 0 && second === undefined) {
    const choices = ofGroup.map((name) => `\`nucleate ${name}\``).join(' or ');
    return wrong(`\`nucleate ${first}\` needs a command.`, `Use ${choices}.`);
  }
  const given = ofGroup.length > 0 ? `${first} ${second}` : first;
  // Full names, groups, and the names within groups.
  const known = names.flatMap((name) => [name, ...name.split(' ')]);
  const nearest = nearestOf(given, known);
  const meant = names.find((name) => name === nearest || name.endsWith(` ${nearest}`)) ?? nearest;
  const hint = meant ? `Did you mean \`nucleate ${meant}\`?` : listCommands;
  return wrong(`Unknown command \`nucleate ${given}\`.`, hint);
}

function unknownOptions({ args, options }: CommandLine): string[] {
  const end = args.indexOf('--');
  return args
    .slice(0, end === -1 ? undefined : end)
    .filter((argument) => /^--?[^-\d]/u.test(argument))
    .map((argument) => argument.replace(/=.*/su, ''))
    .filter((option) => !options.includes(option.replace(/^--?/u, '')));
}

function unknownOptionsError(unknown: readonly string[], command: string, options: readonly string[]) {
  const known = options.map((name) => `--${name}`);
  const problems = unknown.map((option) => {
    const nearest = nearestOf(option, known);
    const hint = nearest ? `Did you mean \`${nearest}\`?` : seeHelp(command);
    return { what: `Unknown option \`${option}\`.`, hint };
  });
  const [only] = problems;
  if (only && problems.length === 1) return wrong(only.what, only.hint);
  return wrong(`${problems.length} unknown options.`, seeHelp(command), problems);
}

/** `config show` of `config show <file>`. */
const nameOf = (usage: string): string => usage.replace(/ *[<[].*/u, '');

const listCommands = '`nucleate --help` lists the commands.';

const seeHelp = (command: string) => `\`${command} --help\` shows its arguments and options.`;

const wrong = (what: string, hint: string, problems: readonly Problem[] = []) =>
  new NucleateError({ what, hint, problems, exitCode: exitCodes.usage });
