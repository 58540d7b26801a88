/** Needs Debian's slurm-wlm and munge, root, and for the last test Snakemake (test/workflow/snakemake-environment.ts). */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcher, nucleate, root, run } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { findSnakemake } from '../workflow/snakemake-environment.js';
import { snakemake } from '../workflow/snakemake-run.js';
import { writeTinyInputs } from '../workflow/tiny-inputs.js';

useNativeCpu();

const hasSlurm = process.getuid?.() === 0 && spawnSync('slurmctld', ['-V']).status === 0;
const without = hasSlurm ? '' : ' (skipped: apt-get install slurm-wlm munge, as root)';
const program = findSnakemake();

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-slurm-'));
const at = (...names: string[]) => path.join(folder, ...names);
const cluster = at('cluster');
const shards = 4;
const options = { cwd: folder, env: { SLURM_CONF: path.join(cluster, 'slurm.conf') } };

/** Runs a command of SLURM, and gives what it prints. */
async function slurm(command: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options);
  expect([status, stderr], `${command} ${args.join(' ')}`).toEqual([0, '']);
  return stdout.trim();
}

const unended = 'PENDING,CONFIGURING,RUNNING,COMPLETING,SUSPENDED,REQUEUED';

/** Waits until a condition holds, 5 minutes at most. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await sleep(500);
  }
  expect.fail(`Never: ${what}`);
}

/** Puts shards into the queue; gives the job. */
async function submit(out: string, array: string): Promise<string> {
  const variables = [
    ...['PLAN=plan.json', `OUT=${out}`, `NUCLEATE=${process.execPath} ${launcher}`],
    'OPTIONS=--model model --device cpu --format labels --no-progress',
  ].join(',');
  const size = ['--cpus-per-task=1', '--mem=1G', `--array=${array}`, `--export=ALL,${variables}`];
  return slurm('sbatch', '--parsable', ...size, path.join(root, 'workflow/slurm/array.sbatch'));
}

const ended = (job: string) =>
  until(
    `${job} has ended`,
    async () => (await slurm('squeue', '--noheader', '--jobs', job, '--states', unended)) === '',
  );

const isRunning = async (task: string) =>
  (await slurm('squeue', '--noheader', '--jobs', task, '--states', 'RUNNING')) !== '';

const merge = (out: string) =>
  nucleate(['shard', 'merge', '--plan', 'plan.json', '--out', out, '--json'], { cwd: folder });

const hashesIn = (labels: string) =>
  readdirSync(labels)
    .sort()
    .map((name) => `${name} ${hashOf(path.join(labels, name))}`);
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** All results are there, once, and those of a plain prediction. */
async function expectWhole(out: string): Promise<void> {
  const merged = await merge(out);
  expect([merged.status, JSON.parse(merged.stdout)]).toMatchObject([0, { images: 12 }]);
  expect(hashesIn(at(out, 'labels'))).toEqual(hashesIn(at('plain/labels')));
}

describe.skipIf(!hasSlurm)(`on a SLURM of this machine${without}`, () => {
  beforeAll(async () => {
    await writeTinyInputs(folder, 12);
    const plain = ['predict', 'images', '--model', 'model', '--out', 'plain', '--format', 'labels'];
    expect((await nucleate([...plain, '--device', 'cpu'], { cwd: folder })).status).toBe(0);
    const plan = ['shard', 'plan', 'images', '--shards', String(shards), '--out', 'plan.json'];
    expect((await nucleate(plan, { cwd: folder })).status).toBe(0);
    const { status, stderr } = await run('bash', [path.join(root, 'workflow/test/start-slurm.sh'), cluster]);
    expect(status, stderr).toBe(0);
  }, 600_000);
  afterAll(async () => {
    await run('bash', [path.join(root, 'workflow/test/stop-slurm.sh'), cluster]);
    rmSync(folder, { recursive: true });
  }, 120_000);

  test('a job array predicts what one prediction does; a task that is cancelled is told, and run again', async () => {
    const job = await submit('array', `0-${shards - 1}`);
    await until('the first task runs', () => isRunning(`${job}_0`));
    await slurm('scancel', `${job}_0`);
    await ended(job);
    const merged = await merge('array');
    expect([merged.status, JSON.parse(merged.stdout)]).toMatchObject([75, { unfinished: [0] }]);
    await ended(await submit('array', '0'));
    await expectWhole('array');
  });

  test('a slurmd that is killed costs nothing that was finished', async () => {
    const job = await submit('killed', `0-${shards - 1}`);
    await until('a task runs', () => isRunning(job));
    process.kill(Number(readFileSync(path.join(cluster, 'slurmd.pid'), 'utf8')), 'SIGKILL');
    await sleep(3000);
    await run('slurmd', [], options);
    await ended(job);
    const unfinished = Array.from({ length: shards }, (_, shard) => shard).filter(
      (shard) => !existsSync(at('killed/shards', String(shard), 'done.json')),
    );
    if (unfinished.length > 0) await ended(await submit('killed', unfinished.join(',')));
    await expectWhole('killed');
  });

  test.skipIf(!program)('5 folds x 2 seeds have the same weights on both executors', async () => {
    const steps = '--set budget.steps=3 --set schedule.warmupSteps=1 --set scoring.maxNuclei=8 --device cpu';
    const train = {
      ...{ data: path.join(root, 'examples/dsb2018-mini'), folds: [0, 1, 2, 3, 4], seeds: [1, 2] },
      ...{ split: path.join(root, 'configs/splits/dsb2018-mini.json'), options: steps },
      segmenter: path.join(root, 'configs/segmenter/tiny.yaml'),
      sweep: path.join(root, 'workflow/config/sweep.tsv'),
    };
    const names = train.folds.flatMap((fold) =>
      train.seeds.map((seed) => `segmenter-fold${fold}-seed${seed}`),
    );
    const weightsOf = (out: string) =>
      names.map((name) => {
        const newest = at(out, 'runs/plain', name, 'checkpoints/step-000000003');
        return hashOf(path.join(newest, 'weights.safetensors'));
      });
    const targets = (out: string) => names.map((name) => `${out}/trained/plain/${name}.json`);
    for (const profile of ['local', 'slurm']) {
      const place = { folder, target: targets(profile), profile, changes: { out: profile, train } };
      const own = ['--slurm-status-command', 'squeue', '--slurm-no-account', '--latency-wait', '5'];
      const { status, stdout, stderr } = await snakemake(
        program!,
        place,
        profile === 'slurm' ? own : [],
        options.env,
      );
      expect(status, stdout + stderr).toBe(0);
    }
    expect(weightsOf('slurm')).toEqual(weightsOf('local'));
    expect(new Set(weightsOf('local')).size).toBe(names.length);
  });
});
