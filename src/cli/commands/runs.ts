import { existsSync } from 'node:fs';
import path from 'node:path';
import { runsText } from '../../report/run-text.js';
import type { Command, CommandGroup } from '../command.js';
import { writeText } from '../write-text.js';

/** Where configs put their runs: the default of `run.folder`. */
const runsFolder = 'runs';

const listCommand: Command<{ dir: string }> = {
  usage: 'list [dir]',
  isDefault: true,
  describe: 'List the runs in a folder (default: runs); same as `nucleate runs`',
  examples: [['nucleate runs', 'the runs in the folder `runs`']],
  builder: (parser) =>
    parser.positional('dir', { type: 'string', default: runsFolder, describe: 'Where to look for runs' }),
  async handler({ dir }, terminal) {
    const [{ findRuns }, { summariseRun }] = await Promise.all([
      import('../../run/find-runs.js'),
      import('../../run/run-summary.js'),
    ]);
    // Before the first training there is no such folder; a folder that the user names must exist.
    const folders = dir === runsFolder && !existsSync(dir) ? [] : findRuns(dir);
    const runs = [];
    for (const folder of folders) runs.push(await summariseRun(folder));
    terminal.result({ text: runsText(runs, dir), value: { folder: dir, runs } });
  },
};

const diffCommand: Command<{ one: string; other: string }> = {
  usage: 'diff <one> <other>',
  describe: 'Compare two runs: settings, environment, scores',
  examples: [
    [
      'T="nucleate train segmenter --config configs/segmenter/tiny.yaml"\n  $T --run-dir a --time 5s; $T --run-dir b --time 5s --set seed=2\n  nucleate runs diff a b',
      'two seeds compared',
    ],
  ],
  builder: (parser) =>
    parser
      .positional('one', { type: 'string', demandOption: true, describe: 'A run folder' })
      .positional('other', { type: 'string', demandOption: true, describe: 'Another run folder' }),
  async handler({ one, other }, terminal) {
    const [{ requireRun }, { readRun }, { compareRuns }, { comparisonText }] = await Promise.all([
      import('../../run/find-runs.js'),
      import('../../run/run-document.js'),
      import('../../run/compare-runs.js'),
      import('../../report/run-text.js'),
    ]);
    for (const folder of [one, other]) requireRun(folder);
    const runs = [await readRun(one, { verify: false }), await readRun(other, { verify: false })] as const;
    const comparison = compareRuns(...runs);
    terminal.result({ text: comparisonText(comparison), value: comparison });
  },
};

const showCommand: Command<{ dir: string; svg: string | undefined; verify: boolean }> = {
  usage: 'show <dir>',
  describe: 'Show a run: state, settings, checkpoints, curves, files',
  examples: [
    [
      'C=configs/segmenter/tiny.yaml\n  nucleate train segmenter --config $C --run-dir runs/c --time 5s\n  nucleate runs show runs/c --svg curves.svg',
      'train for 5 seconds and look at the run',
    ],
  ],
  builder: (parser) =>
    parser
      .positional('dir', { type: 'string', demandOption: true, describe: 'A run folder' })
      .option('svg', { type: 'string', requiresArg: true, describe: 'Write the curves to this SVG file' })
      .option('verify', {
        type: 'boolean',
        default: false,
        describe: 'Read all checkpoints completely and compare their hashes',
      }),
  async handler({ dir, svg, verify }, terminal) {
    const [{ requireRun }, { readRun }, { runText }, { runFiles }] = await Promise.all([
      import('../../run/find-runs.js'),
      import('../../run/run-document.js'),
      import('../../report/run-text.js'),
      import('../../run/run-folder.js'),
    ]);
    const folder = path.normalize(dir).replace(/(?<=.)\/+$/u, '');
    requireRun(folder);
    const document = await readRun(folder, { verify });
    if (svg !== undefined) {
      const [{ curveCharts }, { runCharts }] = await Promise.all([
        import('../../report/charts.js'),
        import('../../report/run-charts.js'),
      ]);
      await writeText(svg, curveCharts(runCharts(document.curves, document.names)), 'curves');
    }
    const columns = Math.min(widest, process.stdout.columns ?? widest);
    const files = Object.entries(runFiles(folder)).filter(([, file]) => existsSync(file));
    terminal.result({ text: runText(document, Object.fromEntries(files), columns), value: document });
  },
};

/** Characters of a line; terminals are rarely narrower. */
const widest = 80;

export const runsCommands: CommandGroup = {
  name: 'runs',
  describe: 'Find, show and compare trainings',
  commands: [listCommand, showCommand, diffCommand],
};
