import type { Argv } from 'yargs';
import type { Terminal } from './terminal.js';

/** A command line that can be run as written, and what it does. */
export type CommandExample = readonly [commandLine: string, description: string];

/** One command of `nucleate`; `Arguments` are those that its `builder` declares. */
export interface Command<Arguments = unknown> {
  /** Name and positional arguments as yargs writes them: `show <file>`. */
  readonly usage: string;
  /** In a group: whether the name of the group alone runs this command. */
  readonly isDefault?: boolean;
  /** One sentence without a full stop. */
  readonly describe: string;
  /** At least one; test/cli/examples.test.ts runs them all. */
  readonly examples: readonly CommandExample[];
  builder(parser: Argv): Argv<Arguments>;
  /** Does the work and prints through `terminal`; a thrown error ends nucleate with the exit code of that error. */
  handler(args: Arguments, terminal: Terminal): void | Promise<void>;
}

/** Commands that share a first word: `nucleate config show`. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

/** Every command with its full name: `config show <file>`. */
export function flatten(entries: readonly (Command | CommandGroup)[]): Command[] {
  return entries.flatMap((entry) =>
    'commands' in entry
      ? entry.commands.map((command) => ({ ...command, usage: `${entry.name} ${command.usage}` }))
      : [entry],
  );
}

/** What is needed while a command line is parsed and run. */
export interface CommandSession {
  readonly terminal: Terminal;
  /** Called with the full usage of the command that the user named, before its arguments are checked. */
  enter(usage: string): void;
}

/** Adds a command, or a group of commands, to the parser. */
export function register(parser: Argv, entry: Command | CommandGroup, session: CommandSession): void {
  if (!('commands' in entry)) return registerCommand(parser, entry, [entry], session);
  const { name, describe, commands } = entry;
  parser.command(name, describe, (group) => {
    const inGroup = { ...session, enter: (usage: string) => session.enter(`${name} ${usage}`) };
    // A group with a default command shows the help of that command.
    for (const command of commands)
      registerCommand(group, command, command.isDefault ? commands : [command], inGroup);
    if (commands.some(({ isDefault }) => isDefault)) return group;
    return group.demandCommand(1).epilogue(exampleText(commands));
  });
}

/** @param shown The commands whose examples appear in its help. */
function registerCommand(
  parser: Argv,
  command: Command,
  shown: readonly Command[],
  session: CommandSession,
): void {
  const { usage, isDefault, describe } = command;
  const build = (builder: Argv) => {
    session.enter(usage);
    return command.builder(builder).epilogue(exampleText(shown));
  };
  parser.command(isDefault ? [usage, '$0'] : usage, describe, build, (args) =>
    command.handler(args, session.terminal),
  );
}

/** One example below the other: yargs would print them in columns and break the lines that people copy. */
function exampleText(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ examples }) =>
    examples.flatMap(([line, description]) => [`  ${line}`, `      ${description}`]),
  );
  return ['Examples:', ...lines].join('\n');
}
