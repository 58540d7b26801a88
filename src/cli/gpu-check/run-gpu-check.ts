/** The checks of `nucleate doctor --gpu`, from top to bottom; each runs commands in processes of their own. */
import path from 'node:path';
import { readLabelImage } from '../../data/image/label-io.js';
import type { Health } from '../../engine/health.js';
import { evaluateImage } from '../../eval/evaluate-image.js';
import { type ExitCode, NucleateError } from '../../errors.js';
import { summarise } from '../../eval/summarise.js';
import { packageRoot } from '../../package-root.js';
import { makeTemporaryFolder } from '../../temporary-folder.js';
import { isInterruption, runCommand } from '../quickstart/run-command.js';
import type { Terminal } from '../terminal.js';
import type { GpuCheck, GpuReport } from './gpu-report.js';
import { measureKeras } from './keras-convolution.js';

type Device = 'gpu' | 'cpu';

/** All in all; what would begin later is left out. */
const minutes = 8;
/** What the slowest check takes on a slow processor. */
const reserveSeconds = 150;
const trainingSteps = 200;

/** The same kernels in another order of additions change a few pixels at outlines, and nothing else. */
const tolerance = { score: 0.97, countFraction: 0.02 };

const images = ['a-5afb7932', 'b-4193474b', 'c-13f2bec0', 'f-245b9958'];
const sample = path.join(packageRoot, 'examples/dsb2018-mini');
const config = (name: string) => path.join(packageRoot, 'configs', name);

/** Arguments of a training on the sample. */
const onSample = [
  ...['--data', sample],
  ...['--set', `data.split=${path.join(packageRoot, 'configs/splits/dsb2018-mini.json')}`],
];

/** @throws {NucleateError} With the exit code of the signal, if it was asked to end. */
export async function runGpuCheck(health: Health, terminal: Terminal): Promise<GpuReport> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const hasGpu = health.device === 'gpu';
  const device: Device = hasGpu ? 'gpu' : 'cpu';
  const folder = makeTemporaryFolder('gpu-check');
  const work: readonly (readonly [string, (device: Device, folder: string) => Promise<GpuCheck>])[] = [
    ['the same nuclei as on the processor', comparePredictions],
    ['a step of the detector', (on) => compareSteps('detector', on)],
    ['a step of the segmenter', (on) => compareSteps('segmenter', on)],
    [`${trainingSteps} steps of training`, train],
    ['resume across devices', resumeAcross],
    ['Keras', () => Promise.resolve(keras(health))],
  ];
  const checks: GpuCheck[] = [];
  for (const [name, check] of work) {
    if (seconds() > minutes * 60 - reserveSeconds) {
      checks.push({ name, passed: null, expected: `not tried: ${minutes} minutes are over`, measured: {} });
      continue;
    }
    terminal.notice(name);
    checks.push({ ...(await check(device, folder).catch(failed)), name });
  }
  const { nucleate, node, tfjs, tensorflow, why, gpu, cpu, conv } = health;
  return {
    ...{ format: 1, date: new Date().toISOString(), seconds: Math.round(seconds()), hasGpu },
    health: { nucleate, node, tfjs, tensorflow, device: health.device, why, gpu, cpu, conv },
    checks,
  };
}

function failed(error: unknown): GpuCheck {
  if (error instanceof NucleateError && isInterruption(error.exitCode)) throw error;
  return {
    ...{ name: '', passed: false, expected: 'no error' },
    measured: { error: (error as Error).message },
  };
}

const interrupted = (status: number) =>
  new NucleateError({
    what: 'The checks were interrupted.',
    hint: 'Run them again; they start from the beginning.',
    // 128 + the number of a signal; the process ends with it like with any other code.
    exitCode: status as ExitCode,
  });

/** Runs a command and reads the documents that it prints, one or one a line. */
async function documents(
  args: readonly string[],
): Promise<{ output: Record<string, unknown>[]; seconds: number }> {
  const { status, stdout, seconds } = await runCommand([...args, '--json', '--quiet'], { capture: true });
  if (isInterruption(status)) throw interrupted(status);
  if (status !== 0) throw new Error(`nucleate ${args.slice(0, 2).join(' ')} ended with exit code ${status}`);
  const lines = stdout.startsWith('{\n') ? [stdout] : stdout.trim().split('\n');
  return { output: lines.map((line) => JSON.parse(line) as Record<string, unknown>), seconds };
}

async function comparePredictions(device: Device, folder: string): Promise<GpuCheck> {
  const predict = async (on: Device, name: string) => {
    const files = images.map((image) => path.join(sample, `${image}.png`));
    const out = path.join(folder, name);
    const { output, seconds } = await documents([
      ...['predict', ...files, '--out', out, '--format', 'labels', '--device', on],
    ]);
    return { out, seconds, nuclei: output[0]!['nuclei'] as number };
  };
  const tested = await predict(device, 'tested');
  const processor = await predict('cpu', 'processor');
  const compared = await Promise.all(
    images.map(async (id) => {
      const read = (out: string) => readLabelImage(path.join(out, 'labels', `${id}.png`));
      const [truth, prediction] = [await read(processor.out), await read(tested.out)];
      return evaluateImage(truth, prediction, { id, withoutPixels: 0 });
    }),
  );
  const { score } = summarise(compared);
  const difference = Math.abs(tested.nuclei - processor.nuclei) / processor.nuclei;
  return {
    name: '',
    passed: score >= tolerance.score && difference <= tolerance.countFraction,
    expected: `challenge score of one against the other at least ${tolerance.score}, numbers of nuclei within ${100 * tolerance.countFraction} %`,
    measured: {
      score,
      ...{ [`nuclei ${device}`]: tested.nuclei, 'nuclei processor': processor.nuclei },
      ...{ [`seconds ${device}`]: round(tested.seconds), 'seconds processor': round(processor.seconds) },
    },
  };
}

async function compareSteps(task: 'detector' | 'segmenter', device: Device): Promise<GpuCheck> {
  const dryRun = async (on: Device) => {
    const { output } = await documents([
      ...['train', task, '--config', config(`${task}/tiny.yaml`), ...onSample, '--dry-run', '--device', on],
    ]);
    return output[0] as { stepMs: number; memoryBytes: number };
  };
  const tested = await dryRun(device);
  const processor = device === 'cpu' ? tested : await dryRun('cpu');
  return {
    ...{ name: '', passed: true, expected: 'time and memory of the tiny config, for the record' },
    measured: {
      ...{ [`step ms ${device}`]: round(tested.stepMs), 'step ms processor': round(processor.stepMs) },
      'memory MiB': Math.round(tested.memoryBytes / 2 ** 20),
    },
  };
}

/** A short training of the tiny segmenter, which validates only at its end. */
const training = (folder: string, device: Device, steps: number) => [
  ...['train', 'segmenter', '--config', config('segmenter/tiny.yaml'), ...onSample],
  ...['--set', `budget.steps=${steps}`, '--set', 'schedule.steps=400', '--set', 'scoring.maxNuclei=20'],
  ...['--set', 'validation.everySteps=1000', '--run-dir', folder, '--device', device],
];

async function train(device: Device, folder: string): Promise<GpuCheck> {
  const { output, seconds } = await documents(training(path.join(folder, 'run'), device, trainingSteps));
  const losses = output.filter(({ event }) => event === 'step').map(({ loss }) => loss as number);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [first, last] = [mean(losses.slice(0, 20)), mean(losses.slice(-20))];
  return {
    ...{ name: '', passed: losses.length === trainingSteps && last < (2 / 3) * first },
    expected: `${trainingSteps} steps; the mean loss of the last 20 is less than two thirds of that of the first 20`,
    measured: { steps: losses.length, 'first loss': first, 'last loss': last, seconds: round(seconds) },
  };
}

async function resumeAcross(device: Device, folder: string): Promise<GpuCheck> {
  const run = path.join(folder, 'moved');
  const resume = (on: Device, steps: number) =>
    documents(['train', 'segmenter', '--resume', run, '--set', `budget.steps=${steps}`, '--device', on]);
  await documents(training(run, device, 10));
  const moved = await resume('cpu', 20);
  const back = await resume(device, 30);
  const stepsOf = ({ output }: { output: Record<string, unknown>[] }) =>
    output.filter(({ event }) => event === 'step').map(({ step }) => step as number);
  const steps = [...stepsOf(moved), ...stepsOf(back)];
  return {
    ...{ name: '', passed: steps.length === 20 && steps.every((step, index) => step === 11 + index) },
    expected: `10 steps here, 10 on the processor, 10 here again, in one run`,
    measured: { 'steps after the first 10': steps.length },
  };
}

function keras({ conv }: Health): GpuCheck {
  const found = measureKeras('python3');
  if (!found) return { name: '', passed: null, expected: 'python3 has no TensorFlow', measured: {} };
  return {
    ...{ name: '', passed: true, expected: 'the speed of a convolution, for the record' },
    measured: {
      ...{
        'Keras GFLOP/s': round(found.gflops),
        'Keras device': found.device,
        'Keras TensorFlow': found.tensorflow,
      },
      'our GFLOP/s': conv?.forwardGflops ?? null,
    },
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
