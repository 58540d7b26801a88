/**
 * The exit codes of `nucleate` (docs/exit-codes.md).
 *
 * 130 and 143 (SIGINT, SIGTERM after a saved checkpoint), 134 and 139 (native abort, segmentation fault)
 * are the shell's own 128 + signal and need no name here.
 */
export const exitCodes = {
  ok: 0,
  /** A bug in nucleate. */
  internal: 1,
  /** Wrong arguments, or a config that does not validate. */
  usage: 2,
  /** A dataset that does not pass its checks, or an image that cannot be read. */
  data: 3,
  /** The GPU or the host ran out of memory. */
  memory: 4,
  /** A loss, gradient or weight became NaN or infinite. */
  diverged: 5,
  /** A checkpoint or model is damaged or does not fit. */
  checkpoint: 6,
  /** Another process holds the run folder. */
  locked: 7,
  /** Disk full, read-only, or another input/output failure. */
  io: 8,
  /** No GPU where one is required, no TensorFlow library, no compiler. */
  environment: 9,
  /** Of a shard: running it again will not help. */
  never: 42,
  /** Of a shard: running it again will go on where it ended; EX_TEMPFAIL of sysexits.h. */
  again: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One of several things that are wrong at once, for example in a config file. */
export interface Problem {
  /** One sentence: what is wrong, with the offending value. */
  readonly what: string;
  /** `file:line:column`, a file or an image id; absent where there is no place. */
  readonly where?: string;
  /** One sentence: what the user can do. */
  readonly hint?: string;
}

export interface NucleateErrorParts {
  /** One sentence: what is wrong, with the offending value. */
  readonly what: string;
  /** `file`, `file:line:column`, an image id or an argument; absent where there is no place. */
  readonly where?: string;
  /** One sentence: what the user can do; a command where there is one. */
  readonly hint: string;
  readonly exitCode: ExitCode;
  /** The problems one by one, where `what` sums up several of them. */
  readonly problems?: readonly Problem[];
}

/**
 * An error that the user can fix. Everything else that is thrown is a bug in nucleate (exit code 1).
 *
 * Any room throws it; only `src/cli` prints it.
 */
export class NucleateError extends Error {
  override readonly name = 'NucleateError';
  readonly where: string | undefined;
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];

  constructor({ what, where, hint, exitCode, problems = [] }: NucleateErrorParts, options?: ErrorOptions) {
    super(what, options);
    this.where = where;
    this.hint = hint;
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

/** Does work, and gives an error that has no place this one. */
export async function inPlace<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NucleateError) || error.where !== undefined) throw error;
    const { message: what, hint, exitCode, problems } = error;
    throw new NucleateError({ what, where, hint, exitCode, problems }, { cause: error });
  }
}
