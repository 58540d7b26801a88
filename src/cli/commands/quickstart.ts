import type { DeviceChoice } from '../../engine/device.js';
import type { Command } from '../command.js';
import { withDevice, withOverrides } from '../global-options.js';

type Arguments = { config: string; set: string[]; device: DeviceChoice };

export const quickstartCommand: Command<Arguments> = {
  usage: 'quickstart',
  describe: 'Prove this installation: read the sample, train a small network for one step, predict an image',
  examples: [
    ['nucleate quickstart', 'on the bundled sample'],
    ['nucleate quickstart --set train.learningRate=0.1 --json', 'with another value, for other programs'],
  ],
  builder: (parser) =>
    withOverrides(withDevice(parser)).option('config', {
      type: 'string',
      default: 'configs/quickstart.yaml',
      describe: 'A YAML file',
    }),
  async handler({ config: file, set, device }, terminal) {
    const [{ loadConfigFor }, { startRuntime }, { runQuickstart }] = await Promise.all([
      import('../../config/load.js'),
      import('../../engine/runtime.js'),
      import('../../train/quickstart.js'),
    ]);
    const { config } = loadConfigFor('quickstart', file, set);
    const runtime = await startRuntime(device);
    terminal.notice(`device: ${runtime.device}, since ${runtime.why}`);
    if (runtime.warning) terminal.warn(`${runtime.warning.what} ${runtime.warning.mend ?? ''}`);
    const { sample, step, prediction } = await runQuickstart(config, runtime);
    const losses = `${step.lossBefore.toFixed(3)} before, ${step.lossAfter.toFixed(3)} after`;
    terminal.result({
      text: [
        `sample      ${sample.images} images, ${sample.nuclei} nuclei (${sample.path})`,
        `training    one step of ${step.weights} weights in ${step.milliseconds} ms; loss ${losses}`,
        `prediction  ${prediction.file}: image ${prediction.image}, its true nuclei, the predicted probability`,
      ].join('\n'),
      value: { device: runtime.device, sample, step, prediction },
    });
  },
};
