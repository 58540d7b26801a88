/** The exit codes of shards, which engines such as SLURM, Snakemake and Kubernetes read: done, try again, or never. */
import { exitCodes, type ExitCode, NucleateError } from '../../errors.js';
import { explain } from '../report-error.js';

/** What another run may change: memory, a lock, a disk, a GPU of another machine. */
const again: ReadonlySet<ExitCode> = new Set([
  exitCodes.memory,
  exitCodes.locked,
  exitCodes.io,
  exitCodes.environment,
  exitCodes.again,
]);

/** A bug is neither: its exit code stays 1. */
function shardCode(code: ExitCode): ExitCode {
  if (code === exitCodes.ok || code === exitCodes.internal) return code;
  return again.has(code) ? exitCodes.again : exitCodes.never;
}

/** Does the work of a command on shards; its errors have the exit codes 42 and 75. */
export async function withShardCodes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { message, where, hint, exitCode, problems } = explain(thrown);
    throw new NucleateError(
      {
        ...{ what: message, hint, exitCode: shardCode(exitCode), problems },
        ...(where !== undefined && { where }),
      },
      { cause: thrown },
    );
  }
}
