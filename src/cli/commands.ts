import type { Command, CommandGroup } from './command.js';
import { annotateCommand } from './commands/annotate.js';
import { completionCommand } from './commands/completion.js';
import { configCommands } from './commands/config.js';
import { dataCommands } from './commands/data.js';
import { doctorCommand } from './commands/doctor.js';
import { evalCommand } from './commands/eval.js';
import { finetuneCommand } from './commands/finetune.js';
import { figureCommand } from './commands/figure.js';
import { modelCommands } from './commands/model.js';
import { predictCommand } from './commands/predict.js';
import { quickstartCommand } from './commands/quickstart.js';
import { reportCommand } from './commands/report.js';
import { runsCommands } from './commands/runs.js';
import { shardCommands } from './commands/shard.js';
import { trainCommands } from './commands/train.js';
import { setupCommand } from './commands/setup.js';
import { tuneCommand } from './commands/tune.js';

/** Every command, in the order of `nucleate --help`. */
export const commands: readonly (Command | CommandGroup)[] = [
  quickstartCommand,
  predictCommand,
  shardCommands,
  figureCommand,
  evalCommand,
  dataCommands,
  trainCommands,
  runsCommands,
  reportCommand,
  modelCommands,
  annotateCommand,
  finetuneCommand,
  tuneCommand,
  configCommands,
  setupCommand,
  doctorCommand,
  completionCommand,
];
