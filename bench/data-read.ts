/**
 * Times reading a whole dataset into memory, masks included, compared to a simple Python loader (Pillow + NumPy).
 *
 *   npm run bench -- data-read [ZIP] [--rounds 3]
 *   npx tsx bench/data-read.ts ../shared/data/dsb2018/stage1_train.zip
 *
 * Every reader is a process of its own. They take turns, so that other load on the machine affects all of them. Python is
 * included if `python3`, or the interpreter in PYTHON, has Pillow and NumPy.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDataset, readExamples } from '../src/data/read/dataset.js';
import { prepareDataset } from '../src/data/read/prepared-layout.js';

/** The result of a reader. */
interface Reading {
  readonly images: number;
  readonly nuclei: number;
  /** Wall time, from opening the file. */
  readonly seconds: number;
  /** Processor time of all cores together. */
  readonly cpuSeconds: number;
  /** Peak memory of the process, MB. */
  readonly peakMegabytes: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, 'read-once': { type: 'boolean', default: false } },
});
// `npm run bench -- data-read ZIP` passes its name on.
const [path = fileURLToPath(new URL('../../shared/data/dsb2018/stage1_train.zip', import.meta.url))] =
  positionals.filter((word) => word !== 'data-read');

async function readOnce(): Promise<Reading> {
  const start = performance.now();
  const busy = process.cpuUsage();
  const dataset = await openDataset(path);
  const examples = [];
  for await (const example of readExamples(dataset)) examples.push(example);
  await dataset.close();
  const { user, system } = process.cpuUsage(busy);
  return {
    images: examples.length,
    nuclei: examples.reduce((sum, { instanceCount }) => sum + instanceCount, 0),
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1000,
  };
}

function runReader(program: string, args: readonly string[]): Reading | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as Reading) : undefined;
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nucleate-bench-'));
  try {
    const prepared = join(folder, 'data.prepared');
    const dataset = await openDataset(path);
    await prepareDataset(dataset, prepared);
    await dataset.close();
    const own = ['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url), '--read-once'];
    const script = fileURLToPath(new URL('python/read_dataset.py', import.meta.url));
    const readers = [
      { name: 'nucleate', read: () => runReader(process.execPath, [...own, path]) },
      { name: 'nucleate, prepared', read: () => runReader(process.execPath, [...own, prepared]) },
      { name: 'Pillow + NumPy', read: () => runReader(process.env['PYTHON'] ?? 'python3', [script, path]) },
    ].map((reader) => ({ ...reader, readings: [] as Reading[] }));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { read, readings } of readers) readings.push(...[read() ?? []].flat());
    }
    process.stdout.write(`${path}, ${cpus().length} x ${cpus()[0]?.model}\n`);
    for (const { name, readings } of readers) process.stdout.write(`${describe(name, readings)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function describe(name: string, readings: readonly Reading[]): string {
  if (readings.length === 0) return `${name.padEnd(20)}not installed`;
  const median = (key: keyof Reading) =>
    readings.map((reading) => reading[key]).toSorted((a, b) => a - b)[Math.floor(readings.length / 2)]!;
  const best = Math.min(...readings.map(({ seconds }) => seconds));
  return [
    name.padEnd(20),
    `${median('seconds').toFixed(1)} s`.padStart(8),
    `best ${best.toFixed(1)}`.padStart(11),
    `cpu ${median('cpuSeconds').toFixed(1)}`.padStart(11),
    `${median('peakMegabytes').toFixed(0)} MB`.padStart(9),
    `  ${median('images')} images, ${median('nuclei')} nuclei`,
  ].join('');
}

if (values['read-once']) process.stdout.write(JSON.stringify(await readOnce()));
else await compare();
