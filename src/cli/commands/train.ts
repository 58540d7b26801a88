import { readFileSync } from 'node:fs';
import type { CreateTask, RunPlace, TaskConfig } from '../../train/train-request.js';
import type { DetectorConfig } from '../../config/detector.js';
import type { SegmenterConfig } from '../../config/segmenter.js';
import type { DeviceChoice } from '../../engine/device.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Command, CommandGroup, CommandExample } from '../command.js';
import { withDevice, withOverrides } from '../global-options.js';
import { warnOfOldKeys } from '../old-keys.js';
import { startDevice } from '../start-device.js';
import type { Terminal } from '../terminal.js';
import { minutesOf } from '../train/duration.js';

type Arguments = {
  config: string | undefined;
  set: string[];
  'run-dir': string | undefined;
  resume: string | undefined;
  'init-from': string | undefined;
  'allow-partial': boolean;
  widen: boolean;
  data: string | undefined;
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
  /** Loads the code of the task, which takes a second that `--help` should not wait for. */
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
        .option('config', { type: 'string', requiresArg: true, describe: 'A YAML file' })
        .option('run-dir', {
          type: 'string',
          requiresArg: true,
          describe: 'Write to this new folder; without it to one in `run.folder` of the config',
        })
        .option('resume', {
          type: 'string',
          requiresArg: true,
          describe: 'Go on with the run in this folder',
        })
        .option('init-from', {
          type: 'string',
          requiresArg: true,
          describe:
            "Begin with the weights of this run or checkpoint, of a model's network (DIR/detector.safetensors), " +
            'or of a VGG16 or InceptionResNetV2 .h5 of Keras',
        })
        .option('allow-partial', {
          type: 'boolean',
          default: false,
          describe: 'With --init-from: weights that it lacks keep their random values',
        })
        .option('widen', {
          type: 'boolean',
          default: false,
          describe:
            'With --init-from: those weights are of a narrower detector, which this one shall answer as',
        })
        .option('data', {
          type: 'string',
          requiresArg: true,
          describe: 'The dataset, short for --set data.path=',
        })
        .option('time', {
          type: 'string',
          requiresArg: true,
          describe: 'Save and stop after this time: 150m, 2h30m; the run can be resumed',
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe:
            'Only try each part: steps, validation, checkpoint, resuming; tell what the run will need',
        })
        .option('eager', {
          type: 'boolean',
          default: false,
          describe: 'Run the step operation by operation instead of compiled: slower, to find mistakes',
        })
        .option('force-unlock', {
          type: 'boolean',
          default: false,
          describe: 'With --resume: take the lock of a process on another machine, which has ended',
        }),
    async handler(args, terminal) {
      const { config, place } = await readPlace<C>(task, args, terminal);
      const [{ runTraining, tryTraining }, createTask] = await Promise.all([
        import('../train/run-training.js'),
        load(),
      ]);
      const runtime = await startDevice(args.device, terminal);
      const request = { config, createTask, runtime, mode: args.eager ? 'eager' : 'compiled' } as const;
      if (args['dry-run']) await tryTraining(terminal, request);
      else await runTraining(terminal, { ...request, place });
    },
  };
}

/** What to train, and where. */
async function readPlace<C extends TaskConfig>(
  task: string,
  args: Arguments,
  terminal: Terminal,
): Promise<{ config: C; place: RunPlace }> {
  const [{ loadConfig }, { formatConfig }, { runFiles }] = await Promise.all([
    import('../../config/load.js'),
    import('../../config/format.js'),
    import('../../run/run-folder.js'),
  ]);
  const { config: file, resume, data, time, set, 'init-from': init } = args;
  requireOne(args, task);
  const overrides = [
    ...set,
    ...(data === undefined ? [] : [`data.path=${JSON.stringify(data)}`]),
    ...(time === undefined ? [] : [`budget.minutes=${minutesOf('time', time)}`]),
  ];
  const source = resume === undefined ? file! : runFiles(resume).resolvedConfig;
  const { config, oldKeys } = loadConfig(source, overrides, { resolved: resume !== undefined });
  warnOfOldKeys(oldKeys, terminal);
  if (config.task !== task) {
    throw wrong(
      `The config is of the task \`${config.task}\`.`,
      `Use nucleate train ${config.task}, or another config.`,
      source,
    );
  }
  const resolvedText = formatConfig(config);
  const place: RunPlace =
    resume === undefined
      ? {
          kind: 'new',
          folder: args['run-dir'],
          configText: readFileSync(file!, 'utf8'),
          resolvedText,
          init:
            init === undefined
              ? undefined
              : { from: init, allowPartial: args['allow-partial'], widen: args.widen },
        }
      : { kind: 'resume', folder: resume, forceUnlock: args['force-unlock'], resolvedText };
  return { config: config as unknown as C, place };
}

/** Either a new run of a config, or one that goes on. */
function requireOne(args: Arguments, task: string): void {
  const { config, resume, 'init-from': init } = args;
  if (resume === undefined && config === undefined) {
    const hint = `Give one: nucleate train ${task} --config FILE; or go on with a run: --resume DIR.`;
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
    config: 'takes the config of the run; --set changes what may change',
    'run-dir': 'goes on in the folder of the run',
    'init-from': 'goes on with the weights of the run',
    'dry-run': 'trains in earnest',
  } as const;
  for (const [option, why] of Object.entries(contradictions)) {
    if (args[option as keyof typeof contradictions])
      throw wrong(`--resume ${why}, and --${option} contradicts that.`, `Leave one of the two out.`);
  }
}

const wrong = (what: string, hint: string, where?: string) =>
  new NucleateError({ what, hint, exitCode: exitCodes.usage, ...(where !== undefined && { where }) });

/** The segmenter's task with the detector that its config names, if it does. */
async function loadSegmenterTask(): Promise<CreateTask<SegmenterConfig>> {
  const { createSegmenterTask } = await import('../../train/segmenter-task.js');
  return async (config, data, options) => {
    const { detector: place } = config.scoring;
    if (place === '') return createSegmenterTask(config, data, options);
    const { readNamedDetector } = await import('../train/named-detector.js');
    const detector = await readNamedDetector(place);
    return createSegmenterTask(config, data, { ...options, detector });
  };
}

export const trainCommands: CommandGroup = {
  name: 'train',
  describe: 'Train a network, or go on with a training',
  commands: [
    trainCommand<DetectorConfig>({
      task: 'detector',
      describe: 'Train the network that finds nuclei',
      examples: [
        [
          'C=configs/detector/tiny.yaml\n  nucleate train detector --config $C --run-dir runs/d --time 20s',
          'on the bundled sample, shortly',
        ],
      ],
      load: async () => (await import('../../train/detector-task.js')).createDetectorTask,
    }),
    trainCommand<SegmenterConfig>({
      task: 'segmenter',
      describe: 'Train the network that outlines a nucleus in its box',
      examples: [
        [
          'C=configs/segmenter/tiny.yaml\n  nucleate train segmenter --config $C --run-dir runs/s --time 20s',
          'on the bundled sample, shortly',
        ],
      ],
      load: loadSegmenterTask,
    }),
  ],
};
