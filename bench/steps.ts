/**
 * Compares training steps or forward passes of this framework, eager and compiled, with Keras and PyTorch.
 *
 *   npm run bench -- train-step [--norm batch|frozen] [--rounds 10] [--only <network>-<size>-<batch>]
 *     [--contenders compiled,eager,keras,pytorch] [--out bench.json]
 *   npm run bench -- forward
 *
 * Each contender is a process of its own; they run in turns, one step a turn, so that whatever else the machine does
 * hits all alike. PyTorch has no segmenter. Keras and PyTorch take part once `npx tsx bench/python-environment.ts` has been run.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Contender, contenderNames, type ContenderName } from './contenders.js';
import { formatComparison, type Comparison, summarize } from './report.js';
import { type Workload, workloadsOf } from './workload.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    norm: { type: 'string', default: 'batch' },
    rounds: { type: 'string', default: '10' },
    only: { type: 'string' },
    contenders: { type: 'string', default: contenderNames.join(',') },
    out: { type: 'string', default: 'bench.json' },
  },
});
const task = positionals[0] as Workload['task'];
if (!['train-step', 'forward'].includes(task)) throw new Error('Expected train-step or forward');
const chosen = values.contenders.split(',') as ContenderName[];

async function compare(workload: Workload): Promise<Comparison> {
  const contenders: Contender[] = [];
  try {
    for (const name of chosen) {
      if (name === 'pytorch' && workload.network.startsWith('segmenter')) continue;
      const contender = await Contender.start(name, workload);
      if (contender) contenders.push(contender);
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
for (const workload of workloadsOf(task, values.norm as Workload['norm'])) {
  const { network, size, batch } = workload;
  if (values.only && values.only !== `${network}-${size}-${batch}`) continue;
  const comparison = await compare(workload);
  comparisons.push(comparison);
  process.stdout.write(`${formatComparison(comparison)}\n\n`);
  writeFileSync(
    values.out,
    `${JSON.stringify({ cpu: cpus()[0]?.model, threads: cpus().length, comparisons }, null, 2)}\n`,
  );
}
