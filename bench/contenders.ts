import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nativeEnvironment } from '../setup/environment.js';
import { exitCodes, NucleateError } from '../src/errors.js';
import { findPython } from './python-environment.js';
import type { Workload } from './workload.js';

export const contenderNames = ['compiled', 'eager', 'keras', 'pytorch'] as const;
export type ContenderName = (typeof contenderNames)[number];

/** What a contender says once it is ready. */
interface Introduction {
  /** Building the network and, compiled, recording the step. */
  readonly prepareSeconds: number;
  readonly version: string;
  readonly device: string;
}

/** Of one step, in ms. */
export interface StepTime {
  readonly wall: number;
  /** Of all processors together; less disturbed than `wall` by whatever else the machine does. */
  readonly cpu: number;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** How to get the contenders that are missing. */
const install = 'npx tsx bench/python-environment.ts (about 7 GB)';

const needsPython = (name: ContenderName) => name === 'keras' || name === 'pytorch';

/**
 * The contenders of a comparison, and those that are left out because they are not installed.
 *
 * @param asked Names with commas between them; undefined takes all that are installed.
 * @param options.python The interpreter that Keras and PyTorch are installed for; undefined where there is none.
 * @throws {NucleateError} Exit code 9 if one that is asked for is not installed; exit code 2 if its name is unknown or
 *   it has the network of none of the workloads.
 */
export function chooseContenders(
  asked: string | undefined,
  { python, workloads }: { python: string | undefined; workloads: readonly Workload[] },
): { chosen: ContenderName[]; missing: ContenderName[] } {
  const names =
    asked === undefined
      ? [...contenderNames]
      : asked.split(',').map((name) => contenderNamed(name, contenderNames));
  const missing: ContenderName[] = python === undefined ? names.filter(needsPython) : [];
  if (asked !== undefined && missing.length > 0) {
    throw new NucleateError({
      what: `Not installed: ${missing.join(', ')}.`,
      hint: `Install Keras and PyTorch: ${install}`,
      exitCode: exitCodes.environment,
    });
  }
  const idle = names.find((name) => !workloads.some((workload) => hasNetwork(name, workload)));
  if (asked !== undefined && idle !== undefined) {
    throw new NucleateError({
      what: `${idle} has no ${workloads.map(({ network }) => network).join(', ')}.`,
      hint: 'Leave it out of --contenders, or choose another workload by --only.',
      exitCode: exitCodes.usage,
    });
  }
  return { chosen: names.filter((name) => !missing.includes(name)), missing };
}

/** One line that names who is missing and how to get it. */
export const describeMissing = (names: readonly string[]): string =>
  `Not installed, left out: ${names.join(', ')}. To install: ${install}`;

/** @throws {NucleateError} Exit code 2 if it is none of the names. */
export function contenderNamed<Name extends string>(name: string, names: readonly Name[]): Name {
  const found = names.find((known) => known === name);
  if (found !== undefined) return found;
  throw new NucleateError({
    what: `There is no contender \`${name}\`.`,
    hint: `Choose from ${names.join(', ')}.`,
    exitCode: exitCodes.usage,
  });
}

/** Whether a contender has the network of a workload: PyTorch has no segmenter. */
export const hasNetwork = (name: ContenderName, { network }: Workload): boolean =>
  name !== 'pytorch' || !network.startsWith('segmenter');

/** Program and arguments of a contender that is installed. */
function commandOf(name: ContenderName): [program: string, ...args: string[]] {
  if (!needsPython(name)) {
    return [process.execPath, '--import', import.meta.resolve('tsx'), file('contender.ts'), name];
  }
  return [findPython()!, file(name === 'keras' ? 'python/keras_contender.py' : 'python/torch_contender.py')];
}

/** One process that runs steps on request. */
export class Contender {
  readonly times: StepTime[] = [];

  private constructor(
    readonly name: ContenderName,
    readonly introduction: Introduction,
    readonly process: ChildProcessWithoutNullStreams,
    readonly replies: AsyncIterator<string>,
  ) {}

  /**
   * Resolves when its first steps have run.
   *
   * @param name Of a contender that is installed and has the network.
   * @throws {NucleateError} Exit code 9 if it ends before.
   */
  static async start(name: ContenderName, workload: Workload): Promise<Contender> {
    const [program, ...args] = commandOf(name);
    const env = nativeEnvironment(process.env, { verbose: false });
    const child = spawn(program, [...args, JSON.stringify(workload)], { env });
    child.stderr.pipe(process.stderr);
    const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Contender(name, JSON.parse(await next(replies, name)) as Introduction, child, replies);
  }

  async runStep(): Promise<void> {
    this.process.stdin.write('step\n');
    this.times.push(JSON.parse(await next(this.replies, this.name)) as StepTime);
  }

  /** The most memory that the process has had in use so far, in MiB, its preparation included. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
  }

  end(): void {
    this.process.kill();
  }
}

async function next(replies: AsyncIterator<string>, name: ContenderName): Promise<string> {
  const reply = await replies.next();
  if (reply.done !== true) return reply.value;
  throw new NucleateError({
    what: `The contender ${name} stopped before it was done; its messages are above.`,
    hint: needsPython(name) ? `Install Keras and PyTorch again: ${install}` : 'Run npm run setup.',
    exitCode: exitCodes.environment,
  });
}
