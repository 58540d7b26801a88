import type { DeviceChoice } from '../../engine/device.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { wholeNumber } from '../number-options.js';

type Arguments = { out: string; steps: string | undefined; device: DeviceChoice };

export const quickstartCommand: Command<Arguments> = {
  usage: 'quickstart',
  describe: 'Do the whole job on the bundled sample: train, pack, tune, predict, score, report',
  examples: [['nucleate quickstart', 'a few minutes on two cores']],
  builder: (parser) =>
    withDevice(parser)
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: 'runs/quickstart',
        describe: 'Folder to write to; what an earlier quickstart has written there is replaced',
      })
      .option('steps', {
        type: 'string',
        requiresArg: true,
        describe: 'Steps of each training, instead of those of its config',
      }),
  async handler({ out, device, steps: stepsText }, terminal) {
    const { runQuickstart } = await import('../quickstart/run-quickstart.js');
    const steps = stepsText === undefined ? undefined : wholeNumber('steps', stepsText, 1);
    await runQuickstart(terminal, { out, device, steps });
  },
};
