import type { DeviceChoice } from '../../engine/device.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { wholeNumber } from '../number-options.js';

type Arguments = { out: string; steps: string | undefined; device: DeviceChoice };

export const quickstartCommand: Command<Arguments> = {
  usage: 'quickstart',
  describe: 'Run the whole workflow on the bundled sample: train, pack, tune, predict, score, report',
  examples: [['nucleate quickstart', 'takes a few minutes on two cores']],
  builder: (parser) =>
    withDevice(parser)
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: 'runs/quickstart',
        describe: 'Output folder; results of an earlier quickstart in it are replaced',
      })
      .option('steps', {
        type: 'string',
        requiresArg: true,
        describe: 'Training steps of each network; default: as in its config',
      }),
  async handler({ out, device, steps: stepsText }, terminal) {
    const { runQuickstart } = await import('../quickstart/run-quickstart.js');
    const steps = stepsText === undefined ? undefined : wholeNumber('steps', stepsText, 1);
    await runQuickstart(terminal, { out, device, steps });
  },
};
