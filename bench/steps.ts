/**
 * Compares training steps or forward passes of this framework, eager and compiled, with Keras and PyTorch.
 *
 *   npm run bench -- train-step [--norm batch|frozen] [--rounds 10] [--only <network>-<size>-<batch>]
 *     [--contenders compiled,eager,keras,pytorch] [--out bench.json]
 *   npm run bench -- forward
 *
 * Each contender is a process of its own; they run in turns, one step a turn, so that other load on the machine slows
 * all alike. Keras and PyTorch need `npx tsx bench/python-environment.ts` once. Without --contenders those that are not
 * installed are left out, and a line says so; with it that is an error. PyTorch has no segmenter.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { exitCodes, NucleateError } from '../src/errors.js';
import { chooseContenders, Contender, describeMissing, hasNetwork } from './contenders.js';
import { findPython } from './python-environment.js';
import { formatComparison, type Comparison, summarize } from './report.js';
import { type Workload, workloadsOf } from './workload.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    norm: { type: 'string', default: 'batch' },
    rounds: { type: 'string', default: '10' },
    only: { type: 'string' },
    contenders: { type: 'string' },
    out: { type: 'string', default: 'bench.json' },
  },
});
const task = positionals[0] as Workload['task'];
const workloads = workloadsOf(task, values.norm as Workload['norm']);
const selected = workloads.filter((workload) => (values.only ?? nameOf(workload)) === nameOf(workload));
if (selected.length === 0) {
  throw new NucleateError({
    what: `There is no workload \`${values.only}\`.`,
    hint: `Choose --only from ${workloads.map(nameOf).join(', ')}.`,
    exitCode: exitCodes.usage,
  });
}
const { chosen, missing } = chooseContenders(values.contenders, {
  python: findPython(),
  workloads: selected,
});
if (missing.length > 0) process.stderr.write(`${describeMissing(missing)}\n`);

function nameOf({ network, size, batch }: Workload): string {
  return `${network}-${size}-${batch}`;
}

async function compare(workload: Workload): Promise<Comparison> {
  const contenders: Contender[] = [];
  try {
    for (const name of chosen) {
      if (hasNetwork(name, workload)) contenders.push(await Contender.start(name, workload));
      else process.stderr.write(`Left out: ${name} has no ${workload.network}.\n`);
    }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const contender of contenders) await contender.runStep();
    }
    return summarize(workload, contenders);
  } finally {
    for (const contender of contenders) contender.end();
  }
}

const comparisons: Comparison[] = [];
for (const workload of selected) {
  const comparison = await compare(workload);
  comparisons.push(comparison);
  process.stdout.write(`${formatComparison(comparison)}\n\n`);
  writeFileSync(
    values.out,
    `${JSON.stringify({ cpu: cpus()[0]?.model, threads: cpus().length, comparisons }, null, 2)}\n`,
  );
}
