import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nativeEnvironment } from '../setup/environment.js';
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

/** Program and arguments of a contender; undefined where it is not installed. */
function commandOf(name: ContenderName): string[] | undefined {
  if (name === 'compiled' || name === 'eager') {
    return [process.execPath, '--import', import.meta.resolve('tsx'), file('contender.ts'), name];
  }
  const python = findPython();
  if (python === undefined) return undefined;
  return [python, file(name === 'keras' ? 'python/keras_contender.py' : 'python/torch_contender.py')];
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

  /** Resolves when its first steps have run; undefined if it is not installed. */
  static async start(name: ContenderName, workload: Workload): Promise<Contender | undefined> {
    const [program, ...args] = commandOf(name) ?? [];
    if (program === undefined) return undefined;
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
  if (reply.done === true) throw new Error(`The contender ${name} ended early.`);
  return reply.value;
}
