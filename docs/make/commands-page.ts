import yargs, { type Argv } from 'yargs';
import { type Command, flatten } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { globalOptions } from '../../src/cli/global-options.js';
import { generated, table } from './markdown.js';

/** What yargs knows of a command; its types lack these methods. */
interface Declared {
  getOptions(): {
    readonly key: Readonly<Record<string, unknown>>;
    readonly array: readonly string[];
    readonly hiddenOptions: readonly string[];
    readonly choices: Readonly<Record<string, readonly string[]>>;
    readonly default: Readonly<Record<string, unknown>>;
  };
  getGroups(): Readonly<Record<string, readonly string[]>>;
  getDemandedOptions(): Readonly<Record<string, unknown>>;
  getInternalMethods(): { getUsageInstance(): { getDescriptions(): Readonly<Record<string, string>> } };
}

/** Every command with its arguments, options and examples, as `--help` shows them. */
export function commandsPage(): string {
  const options = Object.entries(globalOptions).map(([name, { describe }]) => [`\`--${name}\``, describe]);
  return [
    generated('Commands', 'the definitions of the commands, which also make `--help`'),
    'Every command takes these options:\n',
    table(['Option', 'What it does'], options),
    ...flatten(commands).map(commandSection),
  ].join('\n');
}

function commandSection(command: Command): string {
  const parser = command.builder(yargs([])) as Argv<unknown> & Declared;
  const { key, array, choices, hiddenOptions, default: defaults } = parser.getOptions();
  const about = parser.getInternalMethods().getUsageInstance().getDescriptions();
  const positional = parser.getGroups()['Positionals:'] ?? [];
  const demanded = parser.getDemandedOptions();
  const names = Object.keys(key).filter(
    (name) => !['help', 'version', ...positional, ...hiddenOptions].includes(name),
  );
  const facts = (name: string) =>
    [
      ...(choices[name] ? [choices[name].map((choice) => `\`${choice}\``).join(', ')] : []),
      ...(array.includes(name) ? ['several'] : []),
      ...(name in demanded && !positional.includes(name) ? ['needed'] : []),
    ].join('; ');
  const row = (name: string, shown: string) => [
    `\`${shown}\``,
    about[name] ?? '',
    facts(name),
    defaultOf(defaults[name]),
  ];
  const rows = [...positional.map((name) => row(name, name)), ...names.map((name) => row(name, `--${name}`))];
  return [
    `\n## nucleate ${command.usage.replace(/ *[<[].*/u, '')}\n`,
    `${command.describe}.\n`,
    `\`\`\`sh\nnucleate ${command.usage}\n\`\`\`\n`,
    table(['Argument', 'What it is', 'Values', 'Default'], rows),
    `\n\`\`\`sh\n${command.examples.map(([line, what]) => `# ${what}\n${line}`).join('\n')}\n\`\`\`\n`,
  ].join('\n');
}

function defaultOf(value: unknown): string {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '';
  if (value === false) return 'no';
  return `\`${Array.isArray(value) ? value.join(' ') : JSON.stringify(value).replaceAll('"', '')}\``;
}
