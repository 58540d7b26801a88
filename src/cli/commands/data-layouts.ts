import type { Command } from '../command.js';

export const dataLayoutsCommand: Command = {
  usage: 'layouts',
  describe: 'List the dataset layouts that are recognised',
  examples: [['nucleate data layouts', 'what a dataset holds, and how its files are named']],
  builder: (parser) => parser,
  async handler(_, terminal) {
    const { layouts } = await import('../../data/read/layouts.js');
    const value = layouts.map(({ name, describe, arrangement }) => ({ name, describe, arrangement }));
    const width = Math.max(...value.map(({ describe }) => describe.length));
    const lines = value.map(({ describe, arrangement }) => `${describe.padEnd(width)}  ${arrangement}`);
    const container = 'The files are in a folder, or in a zip archive of the folder.';
    terminal.result({ text: [...lines, '', container].join('\n'), value: { layouts: value } });
  },
};
