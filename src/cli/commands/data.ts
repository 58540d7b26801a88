import type { CommandGroup } from '../command.js';
import { dataAnchorsCommand } from './data-anchors.js';
import { dataCheckCommand } from './data-check.js';
import { dataLayoutsCommand } from './data-layouts.js';
import { dataPrepareCommand } from './data-prepare.js';
import { dataPreviewCommand } from './data-preview.js';
import { dataSplitCommand } from './data-split.js';

export const dataCommands: CommandGroup = {
  name: 'data',
  describe: 'Check, split, prepare and preview datasets; list their layouts',
  commands: [
    dataCheckCommand,
    dataSplitCommand,
    dataPrepareCommand,
    dataPreviewCommand,
    dataAnchorsCommand,
    dataLayoutsCommand,
  ],
};
