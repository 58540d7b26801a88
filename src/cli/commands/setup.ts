import { runSetup } from '../../../setup/run-setup.js';
import type { Command } from '../command.js';

type Arguments = { cpu: boolean; cuda: boolean; verify: boolean };

/** The launcher runs set-up itself, since it needs no packages; this tells of its options. */
export const setupCommand: Command<Arguments> = {
  usage: 'setup',
  describe: 'Download native TensorFlow and build the module between it and Node; needed once',
  examples: [
    ['nucleate setup', 'with CUDA if there is an NVIDIA GPU'],
    ['nucleate setup --cpu', 'without, which takes a tenth of the space'],
  ],
  builder: (parser) =>
    parser
      .option('cpu', { type: 'boolean', default: false, describe: 'TensorFlow without CUDA' })
      .option('cuda', { type: 'boolean', default: false, describe: 'TensorFlow with CUDA (3.3 GB)' })
      .option('verify', {
        type: 'boolean',
        default: false,
        describe: 'Hash every file of the library, not only those that have changed',
      }),
  handler({ cpu, cuda, verify }) {
    const asked = Object.entries({ cpu, cuda, verify }).filter(([, value]) => value);
    process.exitCode = runSetup(asked.map(([name]) => `--${name}`));
  },
};
