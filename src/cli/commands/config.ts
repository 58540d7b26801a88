import type { Command, CommandGroup } from '../command.js';
import { withOverrides } from '../global-options.js';
import { warnOfOldKeys } from '../old-keys.js';

const show: Command<{ file: string; set: string[] }> = {
  usage: 'show <file>',
  describe: 'Check a config file and print it with all defaults filled in',
  examples: [
    ['nucleate config show configs/detector/tiny.yaml', 'the whole config'],
    ['nucleate config show configs/detector/tiny.yaml --set loader.batchSize=8', 'with one value changed'],
    ['nucleate config show configs/segmenter/tiny.yaml --json', 'as JSON'],
  ],
  builder: (parser) =>
    withOverrides(parser).positional('file', { type: 'string', demandOption: true, describe: 'A YAML file' }),
  async handler({ file, set }, terminal) {
    const [{ loadConfig }, { formatConfig }] = await Promise.all([
      import('../../config/load.js'),
      import('../../config/format.js'),
    ]);
    const { config, oldKeys } = loadConfig(file, set);
    warnOfOldKeys(oldKeys, terminal);
    terminal.result({ text: formatConfig(config), value: config });
  },
};

const schema: Command = {
  usage: 'schema',
  describe: 'Print the JSON Schema of config files, for completion and checks in editors',
  examples: [['nucleate config schema > config.schema.json', 'write it to a file']],
  builder: (parser) => parser,
  async handler(_, terminal) {
    const { configJsonSchema } = await import('../../config/json-schema.js');
    const value = configJsonSchema();
    terminal.result({ text: JSON.stringify(value, null, 2), value });
  },
};

export const configCommands: CommandGroup = {
  name: 'config',
  describe: 'Check and explain config files',
  commands: [show, schema],
};
