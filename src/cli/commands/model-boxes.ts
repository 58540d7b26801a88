import type { DeviceChoice } from '../../engine/device.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { positiveNumber } from '../number-options.js';
import { startDevice } from '../start-device.js';
import { writeText } from '../write-text.js';

interface Arguments {
  detectors: string[];
  data: string;
  labels: string;
  out: string;
  'min-score': string;
  device: DeviceChoice;
}

export const modelBoxesCommand: Command<Arguments> = {
  usage: 'boxes <detectors..>',
  describe: 'Write the boxes that detectors find in their validation images, to train a segmenter on',
  examples: [
    [
      'nucleate model boxes runs/d --data examples/dsb2018-mini --out boxes.json',
      'on its validation fold; for `train segmenter --set boxes.path=boxes.json`',
    ],
  ],
  builder: (parser) =>
    withDevice(parser)
      .positional('detectors', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Runs of `nucleate train detector`, checkpoints or model folders: one for each fold',
      })
      .option('data', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'The dataset that they were trained on',
      })
      .option('labels', {
        type: 'string',
        requiresArg: true,
        default: '',
        describe: 'A run-length CSV with the masks',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'The JSON file to write',
      })
      .option('min-score', {
        type: 'string',
        requiresArg: true,
        default: '0.3',
        describe: 'Leave out boxes with a lower score; above 0, up to 1',
      }),
  async handler({ detectors, data, labels, out, device, ...others }, terminal) {
    const minScore = positiveNumber('min-score', others['min-score']);
    const { heldOutBoxes } = await import('../../model/held-out-boxes.js');
    await startDevice(device, terminal);
    const progress = terminal.progress('detecting', 0);
    const boxes = await heldOutBoxes(detectors, {
      ...{ data, labels, minScore, mode: 'compiled' },
      onImage: (done) => progress.update(done),
    });
    terminal.endProgress();
    await writeText(out, `${JSON.stringify(boxes)}\n`, 'boxes');
    const images = Object.keys(boxes).length;
    const count = Object.values(boxes).reduce((sum, { length }) => sum + length, 0);
    terminal.result({
      text: `images      ${images}\nboxes       ${count}\nwritten     ${out}`,
      value: { file: out, images, boxes: count },
    });
  },
};
