import { existsSync } from 'node:fs';
import type { CreateTask, RunPlace, TaskConfig } from '../../train/train-request.js';
import type { DetectorConfig } from '../../config/detector.js';
import type { SegmenterConfig } from '../../config/segmenter.js';
import type { DeviceChoice } from '../../engine/device.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { readPlainTextSync } from '../../plain-file.js';
import type { Command, CommandGroup, CommandExample } from '../command.js';
import { withDevice, withOverrides } from '../global-options.js';
import { warnOfOldKeys } from '../old-keys.js';
import { startDevice } from '../start-device.js';
import type { Terminal } from '../terminal.js';
import { wholeNumber } from '../number-options.js';
import { minutesOf } from '../train/duration.js';

type Arguments = {
  config: string | undefined;
  set: string[];
  'run-dir': string | undefined;
  resume: string | undefined;
  'init-from': string | undefined;
  'allow-partial': boolean;
  widen: boolean;
  data: string[];
  fold: string | undefined;
  time: string | undefined;
  'dry-run': boolean;
  eager: boolean;
  device: DeviceChoice;
  'force-unlock': boolean;
};

interface TrainCommandOptions<C extends TaskConfig> {
  /** The `task` of its configs. */
  readonly task: C['task'];
  readonly describe: string;
  readonly examples: readonly CommandExample[];
  /** Loads the code of the task; that takes a second, which `--help` should not wait for. */
  readonly load: () => Promise<CreateTask<C>>;
}

/** `nucleate train <task>`. */
function trainCommand<C extends TaskConfig>({
  task,
  describe,
  examples,
  load,
}: TrainCommandOptions<C>): Command<Arguments> {
  return {
    usage: task,
    describe,
    examples,
    builder: (parser) =>
      withOverrides(withDevice(parser))
        .option('config', { type: 'string', requiresArg: true, describe: 'Config of a new run, a YAML file' })
        .option('run-dir', {
          type: 'string',
          requiresArg: true,
          describe:
            'New folder for the run; default: a folder in `run.folder` of the config, named by the time',
        })
        .option('resume', {
          type: 'string',
          requiresArg: true,
          describe: 'Continue the run in this folder',
        })
        .option('init-from', {
          type: 'string',
          requiresArg: true,
          describe:
            'Start from the weights of a run, a checkpoint, a model (DIR/detector.safetensors), or a VGG16 or ' +
            'InceptionResNetV2 .h5 file of Keras',
        })
        .option('allow-partial', {
          type: 'boolean',
          default: false,
          describe: 'With --init-from: weights that are missing or differ in shape keep their random values',
        })
        .option('widen', {
          type: 'boolean',
          default: false,
          describe:
            'With --init-from: initialise from a narrower detector so that outputs stay the same (Net2Net)',
        })
        .option('data', {
          type: 'string',
          array: true,
          nargs: 1,
          default: [] as string[],
          describe:
            'The dataset; may be repeated: several are put together. Short for --set data.path= and data.more=',
        })
        .option('fold', {
          type: 'string',
          requiresArg: true,
          describe:
            'The fold that is kept for validation, the first is 0; short for --set data.validationFold=',
        })
        .option('time', {
          type: 'string',
          requiresArg: true,
          describe: 'Save and stop after this time, such as 150m or 2h30m; the run can be resumed',
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe:
            'Only try steps, validation, checkpoint and resume; print the time, memory and disk the run needs',
        })
        .option('eager', {
          type: 'boolean',
          default: false,
          describe: 'Run each operation on its own instead of a compiled step: slower, for debugging',
        })
        .option('force-unlock', {
          type: 'boolean',
          default: false,
          describe: 'With --resume: take over the lock of a process on another machine that has ended',
        }),
    async handler(args, terminal) {
      const { config, place } = await readPlace<C>(task, args, terminal);
      const [{ runTraining, tryTraining }, createTask] = await Promise.all([
        import('../train/run-training.js'),
        load(),
      ]);
      const { recordedStart } = await import('../../run/recorded-start.js');
      // A resumed run keeps its number of threads: with another one, sums are rounded otherwise.
      const threads = args.resume === undefined ? undefined : recordedStart(args.resume).threads;
      const runtime = await startDevice(args.device, terminal, threads);
      const request = { config, createTask, runtime, mode: args.eager ? 'eager' : 'compiled' } as const;
      if (args['dry-run']) await tryTraining(terminal, request);
      else await runTraining(terminal, { ...request, place });
    },
  };
}

/** Reads the config, and where to train it. */
async function readPlace<C extends TaskConfig>(
  task: string,
  args: Arguments,
  terminal: Terminal,
): Promise<{ config: C; place: RunPlace }> {
  const [{ loadConfig }, { implausibility }, { formatConfig }, { isUnbegun, runFiles }] = await Promise.all([
    import('../../config/load.js'),
    import('../../config/plausible.js'),
    import('../../config/format.js'),
    import('../../run/run-folder.js'),
  ]);
  const { config: file, resume, data, fold, time, set, 'init-from': init } = args;
  requireConsistent(args, task);
  const overrides = [
    ...set,
    ...(data.length === 0
      ? []
      : [`data.path=${JSON.stringify(data[0])}`, `data.more=${JSON.stringify(data.slice(1))}`]),
    ...(fold === undefined ? [] : [`data.validationFold=${wholeNumber('fold', fold, 0)}`]),
    ...(time === undefined ? [] : [`budget.minutes=${minutesOf('time', time)}`]),
  ];
  if (resume !== undefined && !existsSync(resume))
    throw wrong(
      `There is no run folder \`${resume}\`.`,
      'Check the path; `nucleate runs` lists runs.',
      resume,
    );
  if (resume !== undefined && isUnbegun(resume))
    throw wrong(
      'The run was killed while its folder was made: there is nothing to resume.',
      `Begin it again; what is left is replaced: nucleate train ${task} --config FILE --run-dir ${resume}`,
      resume,
    );
  const source = resume === undefined ? file! : runFiles(resume).resolvedConfig;
  const { config, oldKeys } = loadConfig(source, overrides, { resolved: resume !== undefined });
  warnOfOldKeys(oldKeys, terminal);
  if (config.task !== task) {
    throw wrong(
      `The config is for the task \`${config.task}\`.`,
      `Use nucleate train ${config.task}, or another config.`,
      source,
    );
  }
  const fault = implausibility(config);
  if (fault !== undefined)
    throw wrong(`The network cannot be built: ${fault}.`, 'Correct the value; nothing was written.', source);
  const resolvedText = formatConfig(config);
  const place: RunPlace =
    resume === undefined
      ? {
          kind: 'new',
          folder: args['run-dir'],
          configText: readPlainTextSync(file!),
          resolvedText,
          init:
            init === undefined
              ? undefined
              : { from: init, allowPartial: args['allow-partial'], widen: args.widen },
        }
      : {
          ...{ kind: 'resume', folder: resume, forceUnlock: args['force-unlock'], resolvedText },
          recorded: loadConfig(source, [], { resolved: true }).config,
        };
  return { config: config as unknown as C, place };
}

/** Rejects arguments that contradict each other: a run is either new or resumed. */
function requireConsistent(args: Arguments, task: string): void {
  const { config, resume, 'init-from': init } = args;
  if (resume === undefined && config === undefined) {
    const hint = `Give one: nucleate train ${task} --config FILE; or continue a run: --resume DIR.`;
    throw wrong('A training needs a config.', hint);
  }
  if (resume === undefined && args['force-unlock'])
    throw wrong('--force-unlock is for --resume: a new run has no lock.', 'Leave it out.');
  for (const option of ['allow-partial', 'widen'] as const) {
    if (init === undefined && args[option])
      throw wrong(`--${option} is for --init-from, which is not given.`, 'Leave it out.');
  }
  if (resume === undefined) return;

  const contradictions = {
    config: 'uses the config of the run; --set changes single settings of it',
    'run-dir': 'continues in the folder of the run',
    'init-from': 'continues with the weights of the run',
    'dry-run': 'continues the training',
  } as const;
  for (const [option, why] of Object.entries(contradictions)) {
    if (args[option as keyof typeof contradictions])
      throw wrong(`--resume and --${option} exclude each other: --resume ${why}.`, 'Leave one of them out.');
  }
}

const wrong = (what: string, hint: string, where?: string) =>
  new NucleateError({ what, hint, exitCode: exitCodes.usage, ...(where !== undefined && { where }) });

/** The segmenter's task, with the detector that the config names, if any. */
async function loadSegmenterTask(): Promise<CreateTask<SegmenterConfig>> {
  const { createSegmenterTask } = await import('../../train/segmenter-task.js');
  return async (config, data, options) => {
    const { detector: place } = config.scoring;
    if (place === '') return createSegmenterTask(config, data, options);
    const [{ findStage }, { AssembleSettings }] = await Promise.all([
      import('../../model/find-networks.js'),
      import('../../config/assemble.js'),
    ]);
    const { detector, assemble = AssembleSettings.parse({}) } = await findStage(place, 'detector');
    return createSegmenterTask(config, data, { ...options, detector: { ...detector, assemble } });
  };
}

export const trainCommands: CommandGroup = {
  name: 'train',
  describe: 'Train a network, or continue a training',
  commands: [
    trainCommand<DetectorConfig>({
      task: 'detector',
      describe: 'Train the network that finds nuclei',
      examples: [
        [
          'C=configs/detector/tiny.yaml\n  nucleate train detector --config $C --run-dir runs/d --time 10s',
          '20 seconds on the bundled sample',
        ],
      ],
      load: async () => (await import('../../train/detector-task.js')).createDetectorTask,
    }),
    trainCommand<SegmenterConfig>({
      task: 'segmenter',
      describe: 'Train the network that outlines a nucleus in its box',
      examples: [
        [
          'C=configs/segmenter/tiny.yaml\n  nucleate train segmenter --config $C --run-dir runs/s --time 10s',
          '20 seconds on the bundled sample',
        ],
      ],
      load: loadSegmenterTask,
    }),
  ],
};
