import { cleanLine } from '../../clean-text.js';
import type { DeviceChoice } from '../../engine/device.js';
import type { Runtime } from '../../engine/runtime.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { type OutputFormat, outputFormatNames, outputFormats } from '../../predict/formats/output-formats.js';
import type { Model } from '../../model/model.js';
import type { PredictedImages } from '../../model/predict-images.js';
import type { StaleReason } from '../../predict/outputs/output-folder.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { outputFormatsOf } from '../format-option.js';
import { imagesInWords, withDevice, withModel } from '../global-options.js';
import { wholeNumber } from '../number-options.js';
import { type PlaneArguments, withPlanes } from '../plane-options.js';
import { askedPrediction, type PredictionArguments, withPrediction } from '../prediction-options.js';
import { type TtaArguments, ttaSettings, withTta } from '../tta-options.js';
import { shippedModel } from '../../model/shipped-model.js';
import { reportDevice } from '../start-device.js';

type Arguments = {
  images: string[] | undefined;
  model: string | undefined;
  out: string;
  format: OutputFormat[];
  resume: boolean;
  plan: string | undefined;
  shard: string | undefined;
  'allow-failed': boolean;
  device: DeviceChoice;
} & PlaneArguments &
  PredictionArguments &
  TtaArguments;

const sample = 'examples/dsb2018-mini';

const formatsInWords = Object.entries(outputFormats)
  .map(([name, { describe }]) => `${name} (${describe})`)
  .join(', ');

export const predictCommand: Command<Arguments> = {
  usage: 'predict [images..]',
  describe: 'Find the nuclei in images: label images, tables, overlays and other formats',
  examples: [
    [`nucleate predict ${sample}/a-5afb7932.png --out nuclei`, 'with the model that comes with nucleate'],
    [
      `nucleate predict ${sample}/c-13f2bec0.png --channel red --out red`,
      'one channel; of stacks --plane max or --channel DAPI',
    ],
    [
      `nucleate predict ${sample}/d-*.png --format coco --resume`,
      'as COCO JSON; images with results are skipped',
    ],
  ],
  builder: (parser) =>
    withDevice(
      withPrediction(withPlanes(withTta(withModel(parser)), 'or each'))
        .positional('images', { type: 'string', array: true, describe: imagesInWords })
        .option('out', {
          type: 'string',
          requiresArg: true,
          default: 'nuclei',
          describe: 'Folder for the results; it gets one folder for each format',
        })
        .option('format', {
          choices: outputFormatNames,
          array: true,
          requiresArg: true,
          default: ['labels', 'table', 'overlay'] as OutputFormat[],
          coerce: outputFormatsOf,
          describe: `What to write, one or several as labels,coco: ${formatsInWords}`,
        })
        .option('resume', {
          type: 'boolean',
          default: false,
          describe: 'Skip images whose results are all there, made with the same settings of the same image',
        })
        .option('plan', {
          type: 'string',
          requiresArg: true,
          implies: 'shard',
          describe:
            'In place of images: a plan of `nucleate shard plan`, of which one shard is predicted, always as with --resume',
        })
        .option('shard', {
          type: 'string',
          requiresArg: true,
          implies: 'plan',
          describe: 'Which shard of --plan; the first is 0',
        })
        .option('allow-failed', {
          type: 'boolean',
          default: false,
          describe:
            'With --plan: exit code 0 even if images cannot be read; `nucleate shard merge` tells of them',
        }),
    ),
  async handler(
    { images, model: folder, out, format, resume, plan, shard, device, channel, plane, ...asked },
    terminal,
  ) {
    if (out.trim() === '')
      throw new NucleateError({
        what: '--out takes the name of a folder, received nothing.',
        hint: 'For example: --out nuclei.',
        exitCode: exitCodes.usage,
      });
    const predict = ttaSettings(asked);
    const prediction = askedPrediction(asked);
    if (plan !== undefined) {
      requirePlanAlone({ images, channel, plane });
      const { predictPlanned } = await import('../shard/predict-planned.js');
      const planned = { plan, shard: wholeNumber('shard', shard!, 0), model: folder ?? shippedModel, device };
      return predictPlanned(
        {
          ...planned,
          ...{ predict, out, formats: format, asked: prediction, allowFailed: asked['allow-failed'] },
        },
        terminal,
      );
    }
    if (!images?.length) throw noImages();
    const [
      { listImages },
      { leftOutLine },
      { predictImages },
      { openModel },
      { planeChoice },
      { settingsLines },
    ] = await Promise.all([
      import('../../predict/inputs/list-images.js'),
      import('../../predict/inputs/left-out.js'),
      import('../../model/predict-images.js'),
      import('../../model/model.js'),
      import('../../data/image/plane-choice.js'),
      import('../../model/used-settings.js'),
    ]);
    const planes = planeChoice({ channel, plane });
    const listed = await listImages(images);
    const warn = ({ what, where, hint }: Problem) =>
      terminal.warn([where && `${where}:`, what, hint].filter(Boolean).join(' '));
    const onStart = (runtime: Runtime) => reportDevice(runtime, terminal);
    let model: Model | undefined;
    try {
      model = await openModel(folder ?? shippedModel, device, { predict, onStart });
      const progress = terminal.progress('predicting', listed.images.length);
      const result = await predictImages(model, listed.images, {
        ...{ out, resume, planes, formats: format, ...prediction },
        onImage: (done, nuclei) =>
          progress.update(Number(done.toFixed(2)), formatCount(nuclei, 'nucleus', 'nuclei')),
        onFailure: warn,
        onNotice: warn,
      });
      const { predicted, skipped, failed, nuclei } = result;
      const { leftOut } = listed;
      const counts = [
        `${formatCount(predicted.length, 'image')}, ${formatCount(nuclei, 'nucleus', 'nuclei')}`,
        ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
        ...(failed.length > 0 ? [`${failed.length} failed, see above`] : []),
      ];
      const lines = [
        `predicted   ${counts.join('; ')}`,
        ...(againLine(predicted) === '' ? [] : [`made again  ${againLine(predicted)}`]),
        ...settingsLines(result),
        `written     ${out}`,
        ...(leftOut.length > 0 ? [leftOutLine(leftOut)] : []),
      ];
      terminal.result({ text: lines.map(cleanLine).join('\n'), value: { ...result, leftOut } });
      if (failed.length > 0) process.exitCode = failed[0]!.exitCode;
    } finally {
      model?.dispose();
      await listed.close();
    }
  },
};

/** @throws {NucleateError} Exit code 2 for what a plan has settled. */
function requirePlanAlone(given: Pick<Arguments, 'images' | 'channel' | 'plane'>): void {
  const names = { images: 'images', channel: '--channel', plane: '--plane' };
  for (const [key, name] of Object.entries(names)) {
    if (!given[key as keyof typeof names]?.length) continue;
    throw new NucleateError({
      what: `--plan and ${name} exclude each other: the plan says which images and planes are predicted.`,
      hint: 'Leave one of them out; nucleate shard plan takes images, --channel and --plane.',
      exitCode: exitCodes.usage,
    });
  }
}

const noImages = () =>
  new NucleateError({
    what: 'No image is named.',
    hint: 'Name image files or folders: nucleate predict IMAGES --out nuclei; or a plan: --plan plan.json --shard 0.',
    exitCode: exitCodes.usage,
  });

const reasons = {
  settings: 'made with another model or other options',
  image: 'of a changed image',
  missing: 'with missing files',
  unfinished: 'not finished',
} satisfies Record<StaleReason, string>;

/** `2 of a changed image, 1 not finished`: the results that were there, and why they were made again. */
const againLine = (predicted: PredictedImages['predicted']): string =>
  Object.entries(reasons)
    .map(([reason, words]) => ({ words, count: predicted.filter(({ again }) => again === reason).length }))
    .filter(({ count }) => count > 0)
    .map(({ words, count }) => `${count} ${words}`)
    .join(', ');
