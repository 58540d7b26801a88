import type { CommandGroup } from '../command.js';
import { dataAgreementCommand } from './data-agreement.js';
import { dataAnchorsCommand } from './data-anchors.js';
import { dataCheckCommand } from './data-check.js';
import { dataExportCommand } from './data-export.js';
import { dataImportCommand, dataMergeCommand } from './data-import.js';
import { dataLayoutsCommand } from './data-layouts.js';
import { dataPrepareCommand } from './data-prepare.js';
import { dataPreviewCommand } from './data-preview.js';
import { dataSplitCommand } from './data-split.js';

export const dataCommands: CommandGroup = {
  name: 'data',
  describe:
    'Check, import, merge, split, prepare, preview and export datasets; compare annotators; list their layouts',
  commands: [
    dataCheckCommand,
    dataSplitCommand,
    dataImportCommand,
    dataMergeCommand,
    dataExportCommand,
    dataPrepareCommand,
    dataPreviewCommand,
    dataAnchorsCommand,
    dataAgreementCommand,
    dataLayoutsCommand,
  ],
};
