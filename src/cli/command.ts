import type { Argv } from 'yargs';
import type { Terminal } from './terminal.js';

/** A command line that works as it stands, and what it does. */
export type Example = readonly [commandLine: string, description: string];

/** One command of `nucleate`; `Arguments` is what its `builder` declares. */
export interface Command<Arguments = unknown> {
  /** Name and positionals in the form of yargs: `show <file>`. */
  readonly usage: string;
  /** One sentence without a full stop. */
  readonly describe: string;
  /** At least one; test/cli/examples.test.ts runs them all. */
  readonly examples: readonly Example[];
  builder(parser: Argv): Argv<Arguments>;
  /** Does the work and prints through `terminal`; an error it throws ends nucleate with its exit code. */
  handler(args: Arguments, terminal: Terminal): void | Promise<void>;
}

/** Commands under a common name: `nucleate config show`. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

/** Every command with its whole name: `config show <file>`. */
export function flatten(entries: readonly (Command | CommandGroup)[]): Command[] {
  return entries.flatMap((entry) =>
    'commands' in entry
      ? entry.commands.map((command) => ({ ...command, usage: `${entry.name} ${command.usage}` }))
      : [entry],
  );
}

/** What commands need while they are parsed and run. */
export interface Session {
  readonly terminal: Terminal;
  /** Told the whole usage of the command that the user has named, before its arguments are judged. */
  enter(usage: string): void;
}

/** Adds a command, or a group of commands, to the parser. */
export function register(parser: Argv, entry: Command | CommandGroup, session: Session): void {
  if ('commands' in entry) {
    parser.command(entry.name, entry.describe, (group) => {
      const inGroup = { ...session, enter: (usage: string) => session.enter(`${entry.name} ${usage}`) };
      for (const command of entry.commands) register(group, command, inGroup);
      return group.demandCommand(1).epilogue(exampleText(entry.commands));
    });
    return;
  }
  const build = (command: Argv) => {
    session.enter(entry.usage);
    return entry.builder(command).epilogue(exampleText([entry]));
  };
  parser.command(entry.usage, entry.describe, build, (args) => entry.handler(args, session.terminal));
}

/** Examples below each other: the columns of yargs would break the lines that people copy. */
function exampleText(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ examples }) =>
    examples.flatMap(([line, description]) => [`  ${line}`, `      ${description}`]),
  );
  return ['Examples:', ...lines].join('\n');
}
