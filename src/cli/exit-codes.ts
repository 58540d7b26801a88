import { exitCodes } from '../errors.js';

const meanings: Record<keyof typeof exitCodes, string> = {
  ok: 'success',
  internal: 'a bug in nucleate',
  usage: 'wrong arguments or config',
  data: 'a problem in a dataset or an image',
  memory: 'out of memory',
  diverged: 'the training diverged (NaN or infinite values)',
  checkpoint: 'a checkpoint or model is damaged or does not fit',
  locked: 'another process uses the run folder',
  io: 'disk full, read-only, or another input/output failure',
  environment: 'no GPU, TensorFlow library or compiler',
  never: 'of a shard: bad input, which another run will not change',
  again: 'of a shard: run it again, and it goes on where it ended',
};

/** The exit codes, printed at the end of `nucleate --help`. */
export const exitCodeTable = [
  'Exit codes:',
  ...Object.entries(exitCodes).map(
    ([name, code]) => `  ${String(code).padEnd(9)}${meanings[name as keyof typeof exitCodes]}`,
  ),
  '  130, 143 ended by Ctrl-C or SIGTERM',
  '  134, 139 a native library crashed',
  '  137      killed, probably for memory',
].join('\n');
