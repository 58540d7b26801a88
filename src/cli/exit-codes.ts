import { exitCodes } from '../errors.js';

const meanings: Record<keyof typeof exitCodes, string> = {
  ok: 'success',
  internal: 'a defect of nucleate',
  usage: 'wrong arguments or config',
  data: 'a dataset or image is not in order',
  memory: 'out of memory',
  diverged: 'the training diverged',
  checkpoint: 'a checkpoint is damaged or does not fit',
  locked: 'another process holds the run folder',
  io: 'disk full, read-only or failing',
  environment: 'no GPU, TensorFlow or compiler',
};

/** The exit codes as the end of `nucleate --help`. */
export const exitCodeTable = [
  'Exit codes:',
  ...Object.entries(exitCodes).map(
    ([name, code]) => `  ${String(code).padEnd(9)}${meanings[name as keyof typeof exitCodes]}`,
  ),
  '  130, 143 ended by Ctrl-C or SIGTERM',
  '  134, 139 a native library crashed',
  '  137      killed, probably for memory',
].join('\n');
