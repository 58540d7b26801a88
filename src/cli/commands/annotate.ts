import path from 'node:path';
import type { DeviceChoice } from '../../engine/device.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { readPlainText } from '../../plain-file.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { wholeNumber } from '../number-options.js';
import { type PlaneArguments, planesOfDataset, withPlanes } from '../plane-options.js';
import { shippedModel } from '../../model/shipped-model.js';
import { startDevice } from '../start-device.js';
import { stopOnSignals } from '../train/stop-signals.js';

type Arguments = PlaneArguments & {
  folder: string;
  model: string | undefined;
  annotator: string;
  queue: 'random' | 'doubtful';
  region: string | undefined;
  port: string;
  'read-only': boolean;
  device: DeviceChoice;
};

/** The largest port of TCP. */
const largestPort = 65535;

function portOf(text: string): number {
  const port = wholeNumber('port', text, 0);
  if (port <= largestPort) return port;
  throw new NucleateError({
    what: `--port takes a number up to ${largestPort}, received ${port}.`,
    hint: 'For example: --port 8500',
    exitCode: exitCodes.usage,
  });
}

/** Always the same, since a browser keeps what is not saved yet for this address only. Not registered with IANA. */
const usualPort = 8417;

export const annotateCommand: Command<Arguments> = {
  usage: 'annotate <folder>',
  describe: 'Correct the nuclei of your images on a page of this machine, and train from it',
  examples: [
    [
      'nucleate annotate examples/dsb2018-mini --annotator me',
      'prints a link for the browser; Ctrl-C ends it, everything is kept',
    ],
  ],
  builder: (parser) =>
    withDevice(withPlanes(parser, 'one image of each file'))
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'The images, with or without masks; what is done is kept in annotations/ in it',
      })
      .option('annotator', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'Who annotates: each person has files of their own',
      })
      .option('model', {
        type: 'string',
        requiresArg: true,
        describe:
          'Model folder that proposes, and that each training begins with; default: the model that comes with nucleate',
      })
      .option('queue', {
        choices: ['random', 'doubtful'] as const,
        default: 'random' as const,
        describe:
          'What comes first: random images of all kinds in turn; or those of which the model is least sure, which takes a prediction of each, and a fifth at random',
      })
      .option('region', {
        type: 'string',
        requiresArg: true,
        describe: 'Cut larger images into regions with this side, px: 256 to 512 are quick to review',
      })
      .option('port', {
        type: 'string',
        requiresArg: true,
        default: String(usualPort),
        describe: 'Port of the page; 0 takes one that is free',
      })
      .option('read-only', {
        type: 'boolean',
        default: false,
        describe: 'Show annotations, and change nothing',
      }),
  async handler(args, terminal) {
    const { folder, annotator, queue: strategy, 'read-only': readOnly, model = shippedModel } = args;
    const port = portOf(args.port);
    const regionSide = args.region === undefined ? null : wholeNumber('region', args.region, 64);
    const planes = planesOfDataset(args);
    const [{ AnnotationService }, { serve }, { readPageFiles }] = await Promise.all([
      import('../../annotate/server/service.js'),
      import('../../annotate/server/http/serve.js'),
      import('../../annotate/server/http/page-files.js'),
    ]);
    const page = await readPageFiles(path.join(path.dirname(process.argv[1]!), 'annotate-page'));
    const { version } = JSON.parse(await readPlainText(path.join(packageRoot, 'package.json'))) as {
      version: string;
    };
    await startDevice(args.device, terminal);
    let progress: ReturnType<typeof terminal.progress> | undefined;
    const service = await AnnotationService.open({
      ...{ folder, annotator, readOnly, planes, strategy, regionSide, model, version, seed: 1 },
      onNotice: (notice) => terminal.notice(notice),
      onImage: (done, total) => (progress ??= terminal.progress('looking at images', total)).update(done),
    });
    terminal.endProgress();
    const { stop, listen, release } = stopOnSignals(() => terminal.notice('ending'));
    try {
      const server = await serve(service, {
        ...{ port, page },
        onError: (error) =>
          terminal.warn(String(error instanceof Error ? (error.stack ?? error.message) : error)),
      });
      listen();
      terminal.event({ event: 'ready', link: server.link, port: server.port });
      terminal.summary(`images      ${service.images}\nopen        ${server.link}\nend         Ctrl-C`);
      await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
      await server.close();
    } finally {
      await service.close();
      release();
    }
  },
};
