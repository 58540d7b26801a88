import { cleanLine } from '../../clean-text.js';
import type { Image } from '../../data/image/image.js';
import type { DeviceChoice } from '../../engine/device.js';
import type { Runtime } from '../../engine/runtime.js';
import type { Model } from '../../model/model.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { withDevice, withImages } from '../global-options.js';
import { wholeNumber } from '../number-options.js';
import { type PlaneArguments, withPlanes } from '../plane-options.js';
import { askedPrediction, type PredictionArguments, withPrediction } from '../prediction-options.js';
import { type TtaArguments, ttaSettings, withTta } from '../tta-options.js';
import { shippedModel } from '../../model/shipped-model.js';
import { reportDevice } from '../start-device.js';

type Arguments = {
  images: string[];
  model: string | undefined;
  out: string;
  size: string;
  columns: string;
  device: DeviceChoice;
} & PlaneArguments &
  PredictionArguments &
  TtaArguments;

const sample = 'examples/dsb2018-mini';

export const figureCommand: Command<Arguments> = {
  usage: 'figure <images..>',
  describe: 'Draw images and their nuclei side by side into one picture',
  examples: [[`nucleate figure ${sample}/c-13f2bec0.png --columns 1`, 'writes figure.png']],
  builder: (parser) =>
    withDevice(
      withPrediction(withPlanes(withTta(withImages(parser)), 'or each'))
        .option('out', {
          alias: 'output',
          type: 'string',
          requiresArg: true,
          default: 'figure.png',
          describe: 'PNG file to write',
        })
        .option('size', {
          type: 'string',
          requiresArg: true,
          default: '256',
          describe: 'Width and height of the part of each image that is shown, its middle, px',
        })
        .option('columns', {
          type: 'string',
          requiresArg: true,
          default: '3',
          describe: 'Number of images in a row',
        }),
    ),
  async handler({ images, model: folder, out, device, channel, plane, ...asked }, terminal) {
    const predict = ttaSettings(asked);
    const { settings, pixelSize } = askedPrediction(asked);
    const size = wholeNumber('size', asked.size, 16);
    const columns = wholeNumber('columns', asked.columns, 1);
    const [{ listImages }, { readListed }, { leftOutLine }, { openModel }, { writeDrawing }] =
      await Promise.all([
        import('../../predict/inputs/list-images.js'),
        import('../../predict/inputs/listed-image.js'),
        import('../../predict/inputs/left-out.js'),
        import('../../model/model.js'),
        import('../../data/image/image-io.js'),
      ]);
    const [{ figureCell }, { sheet }, { planeChoice }] = await Promise.all([
      import('../../draw/figure.js'),
      import('../../draw/sheet.js'),
      import('../../data/image/plane-choice.js'),
    ]);
    const planes = planeChoice({ channel, plane });
    const square = pixelSize === undefined ? {} : { pixelSize: { x: pixelSize, y: pixelSize } };
    const listed = await listImages(images);
    const onStart = (runtime: Runtime) => reportDevice(runtime, terminal);
    let model: Model | undefined;
    try {
      model = await openModel(folder ?? shippedModel, device, { predict, onStart });
      const progress = terminal.progress('predicting', listed.images.length);
      const cells: Image[] = [];
      let nuclei = 0;
      for (const [index, one] of listed.images.entries()) {
        for await (const image of readListed(one, planes)) {
          const { labelImage, instances } = await model.segment({ ...image, ...square }, settings);
          nuclei += instances.length;
          cells.push(figureCell(image, labelImage, size));
        }
        progress.update(index + 1, formatCount(nuclei, 'nucleus', 'nuclei'));
      }
      await writeDrawing(out, sheet(cells, columns));
      const { leftOut } = listed;
      const counted = `${formatCount(cells.length, 'image')}, ${formatCount(nuclei, 'nucleus', 'nuclei')}`;
      terminal.result({
        text: [`drawn       ${counted}`, `written     ${out}`, cleanLine(leftOutLine(leftOut))]
          .join('\n')
          .trimEnd(),
        value: { output: out, images: listed.images.map(({ file }) => file), nuclei, leftOut },
      });
    } finally {
      model?.dispose();
      await listed.close();
    }
  },
};
