import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomFor } from '../../src/random.js';
import { fillDisk } from '../annotate/server/fill-disk.js';
import { killServer } from '../annotate/server/kill-server.js';
import { writeImages } from '../annotate/server/laboratory.js';
import { randomEdit, Witness } from '../annotate/server/random-edits.js';
import { useServers } from '../annotate/server/server-process.js';
import { root } from '../cli/run-nucleate.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf } from '../train/tiny-run.js';
import { trainInProcess } from '../train/tiny-process.js';

/** Each run fails at other moments; FAILURE_SEED repeats one. */
const seed = Number(process.env['FAILURE_SEED']) || Date.now() % 2 ** 31;

/** Attempts of each kind: broken once, then finished; survived if the result is that of an attempt that was not broken. */
const counts = new Map<string, { attempts: number; broken: number; survived: number; lost: number }>();

function count(kind: string, isBroken: boolean, isWhole: boolean): void {
  const before = counts.get(kind) ?? { attempts: 0, broken: 0, survived: 0, lost: 0 };
  counts.set(kind, {
    attempts: before.attempts + 1,
    broken: before.broken + Number(isBroken),
    survived: before.survived + Number(isWhole),
    lost: before.lost + Number(!isWhole),
  });
}

afterAll(() => {
  console.log(`failures injected (FAILURE_SEED=${seed})`);
  for (const [kind, { attempts, broken, survived, lost }] of counts)
    console.log(`${kind}: ${attempts} attempts, ${broken} broken off, ${survived} survived, ${lost} lost`);
});

/** Runs a command after a line of bash, in name spaces of its own where it may mount; `$0` is a folder. */
const after = (line: string, folder: string) => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c'],
  ...[line, folder],
];

/** On a small disk, whose content is copied to `<folder>.copy` when the command has ended. */
const onDiskOf = (kilobytes: number, folder: string) =>
  after(
    `mount -t tmpfs -o size=${kilobytes}k tmpfs "$0" || exit 99; "$@"; status=$?; cp -a "$0" "$0.copy"; exit $status`,
    folder,
  );

const withFileLimit = (kilobytes: number) => ['bash', '-c', `ulimit -f ${kilobytes}; exec "$@"`, 'bash'];

const readOnly = (folder: string) =>
  after('mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99; "$@"', folder);

/** A clock that jumps by up to a year, forwards and backwards, at every look. */
const jumpingClock = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
    'const now=Date.now;let n=0;Date.now=()=>now()+(n++%2===0||-1)*(n%777)*4e7',
  )}`,
};

describe('a training that is broken off and resumed ends as one that was not', () => {
  const changes = { budget: { steps: 8 }, validation: { everySteps: 4 }, checkpoints: { everySteps: 2 } };
  const unbroken = path.join(scratchFolderOfFile(), 'unbroken');
  let expected: ReturnType<typeof outcomeOf>;
  let seconds = 0;
  beforeAll(async () => {
    const began = performance.now();
    const ended = await trainInProcess(unbroken, changes);
    seconds = (performance.now() - began) / 1000;
    expect(ended.status, ended.stderr).toBe(0);
    expected = outcomeOf(unbroken);
  }, 600_000);

  async function finish(kind: string, folder: string, isBroken: boolean) {
    const ended = await trainInProcess(folder, changes);
    // What was finished before it could be broken off has nothing left to do.
    expect([0, 2], ended.stdout + ended.stderr).toContain(ended.status);
    const isWhole = JSON.stringify(outcomeOf(folder)) === JSON.stringify(expected);
    count(`training, ${kind}`, isBroken, isWhole);
    expect(isWhole).toBe(true);
  }

  test('killed at any moment', async () => {
    const random = randomFor(seed, 'train kills');
    for (let attempt = 0; attempt < 10; attempt++) {
      const folder = path.join(scratchFolder(), 'run');
      const delayMs = 1000 * seconds * random.uniform();
      const ended = await trainInProcess(folder, changes, {
        within: ['bash', '-c', `"$@" & pid=$!; (sleep ${delayMs / 1000}; kill -9 $pid) & wait $pid`, 'bash'],
      });
      await finish('killed', folder, ended.status !== 0);
    }
  });

  test('on a disk that is full', async () => {
    const random = randomFor(seed, 'train disks');
    for (let attempt = 0; attempt < 4; attempt++) {
      const folder = path.join(scratchFolder(), 'run');
      mkdirSync(folder);
      const kilobytes = Math.round(40 + 400 * random.uniform());
      const ended = await trainInProcess(path.join(folder, 'run'), changes, {
        within: onDiskOf(kilobytes, folder),
      });
      expect([0, 8], ended.stdout + ended.stderr).toContain(ended.status);
      await finish('disk full', path.join(`${folder}.copy`, 'run'), ended.status !== 0);
    }
  });

  test('with a limit of file size', async () => {
    const random = randomFor(seed, 'train limits');
    for (let attempt = 0; attempt < 3; attempt++) {
      const folder = path.join(scratchFolder(), 'run');
      const ended = await trainInProcess(folder, changes, {
        within: withFileLimit(Math.round(1 + 40 * random.uniform())),
      });
      expect([0, 8], ended.stdout + ended.stderr).toContain(ended.status);
      await finish('file size limited', folder, ended.status !== 0);
    }
  });

  test('without permission to write', async () => {
    const disk = path.join(scratchFolder(), 'disk');
    mkdirSync(disk);
    const ended = await trainInProcess(path.join(disk, 'run'), changes, { within: readOnly(disk) });
    expect(ended.status, ended.stderr).toBe(8);
    await finish('read-only', path.join(disk, 'run'), true);
  });

  test('with a clock that jumps', async () => {
    const folder = path.join(scratchFolder(), 'run');
    const ended = await trainInProcess(folder, { ...changes, budget: { steps: 4 } }, { env: jumpingClock });
    expect(ended.status, ended.stderr).toBe(0);
    await finish('clock jumps', folder, true);
  });
});

describe('a prediction that is broken off and resumed ends as one that was not', () => {
  const images = ['a-5afb7932', 'b-0bda515e', 'd-'].flatMap((start) =>
    readdirSync(path.join(root, 'examples/dsb2018-mini'))
      .filter((name) => name.startsWith(start) && name.endsWith('.png'))
      .slice(0, 1)
      .map((name) => path.join('examples/dsb2018-mini', name)),
  );
  const unbroken = path.join(scratchFolderOfFile(), 'unbroken');
  let seconds = 0;
  beforeAll(async () => {
    const began = performance.now();
    expect(await predict(unbroken)).toBe(0);
    seconds = (performance.now() - began) / 1000;
    expect(namesIn(unbroken).length).toBeGreaterThanOrEqual(images.length);
  }, 600_000);

  /** Predicts, resuming what is there. */
  const predict = (out: string, breaking: Breaking = {}) =>
    command(
      ['predict', ...images, '--out', out, '--format', 'labels', '--format', 'table', '--resume'],
      breaking,
    );

  async function finish(kind: string, out: string, isBroken: boolean) {
    expect(await predict(out)).toBe(0);
    const isWhole =
      namesIn(unbroken).every((name) => existsSync(path.join(out, name))) &&
      namesIn(unbroken)
        .filter((name) => /\.(tif|csv)$/u.test(name))
        .every((name) => readFileSync(path.join(out, name)).equals(readFileSync(path.join(unbroken, name))));
    count(`prediction, ${kind}`, isBroken, isWhole);
    expect(isWhole).toBe(true);
  }

  test.each(['launcher', 'child'] as const)('its %s killed at any moment', async (killed) => {
    const random = randomFor(seed, `predict kills of the ${killed}`);
    for (let attempt = 0; attempt < 3; attempt++) {
      const out = path.join(scratchFolder(), 'out');
      const status = await predict(out, { killed, afterMs: 1000 * seconds * random.uniform() });
      // The child of the launcher may still be ending.
      await sleep(3000);
      await finish(`${killed} killed`, out, status !== 0);
    }
  });

  test('on a disk that is full, and with a limit of file size', async () => {
    const disk = path.join(scratchFolder(), 'disk');
    mkdirSync(disk);
    const status = await predict(path.join(disk, 'out'), { within: onDiskOf(8, disk) });
    expect(status).toBe(8);
    await finish('disk full', path.join(`${disk}.copy`, 'out'), true);
    const out = path.join(scratchFolder(), 'out');
    expect(await predict(out, { within: withFileLimit(1) })).toBe(8);
    await finish('file size limited', out, true);
  });

  test('without permission to write', async () => {
    const disk = path.join(scratchFolder(), 'disk');
    mkdirSync(disk);
    expect(await predict(path.join(disk, 'out'), { within: readOnly(disk) })).toBe(8);
    await finish('read-only', path.join(disk, 'out'), true);
  });

  test('with a temporary folder that is full', async () => {
    const [out, temporary] = [path.join(scratchFolder(), 'out'), scratchFolder()];
    const full = after('mount -t tmpfs -o size=4k tmpfs "$0" || exit 99; TMPDIR="$0" "$@"', temporary);
    expect(await predict(out, { within: full })).toBe(8);
    await finish('temporary folder full', out, true);
  });

  test('with a clock that jumps', async () => {
    const out = path.join(scratchFolder(), 'out');
    expect(await predict(out, { env: jumpingClock })).toBe(0);
    await finish('clock jumps', out, true);
  });
});

describe('an import that is broken off leaves nothing, or all of it', () => {
  const unbroken = path.join(scratchFolderOfFile(), 'unbroken');
  let seconds = 0;
  beforeAll(async () => {
    const began = performance.now();
    expect(await importTo(unbroken)).toBe(0);
    seconds = (performance.now() - began) / 1000;
    // 24 images with their label images, the list of images and the record of sources.
    expect(namesIn(unbroken)).toHaveLength(50);
  }, 600_000);

  const importTo = (out: string, breaking: Breaking = {}) =>
    command(['data', 'import', 'examples/dsb2018-mini', '--out', out], breaking);

  /** All but the record, which has the time. */
  const isWhole = (out: string) =>
    JSON.stringify(namesIn(out)) === JSON.stringify(namesIn(unbroken)) &&
    namesIn(unbroken)
      .filter((name) => name.endsWith('.png'))
      .every((name) => readFileSync(path.join(out, name)).equals(readFileSync(path.join(unbroken, name))));

  /** What is there now is nothing or whole, and so is what the next import leaves. */
  async function finish(kind: string, out: string, isBroken: boolean) {
    const isNothingOrWhole = !existsSync(out) || isWhole(out);
    const status = await importTo(out);
    // What was whole before is not replaced.
    expect([0, 2]).toContain(status);
    const survived = isNothingOrWhole && isWhole(out) && !existsSync(`${out}.part`);
    count(`import, ${kind}`, isBroken, survived);
    expect(survived).toBe(true);
  }

  test.each(['launcher', 'child'] as const)('its %s killed at any moment', async (killed) => {
    const random = randomFor(seed, `import kills of the ${killed}`);
    for (let attempt = 0; attempt < 4; attempt++) {
      const out = path.join(scratchFolder(), 'out');
      const status = await importTo(out, { killed, afterMs: 1000 * seconds * random.uniform() });
      await sleep(3000);
      await finish(`${killed} killed`, out, status !== 0);
    }
  });

  test('on a disk that is full, read-only, and with a limit of file size', async () => {
    const random = randomFor(seed, 'import disks');
    for (let attempt = 0; attempt < 2; attempt++) {
      const disk = path.join(scratchFolder(), 'disk');
      mkdirSync(disk);
      const within = onDiskOf(Math.round(50 + 600 * random.uniform()), disk);
      expect(await importTo(path.join(disk, 'out'), { within })).toBe(8);
      await finish('disk full', path.join(`${disk}.copy`, 'out'), true);
    }
    const disk = path.join(scratchFolder(), 'disk');
    mkdirSync(disk);
    expect(await importTo(path.join(disk, 'out'), { within: readOnly(disk) })).toBe(8);
    await finish('read-only', path.join(disk, 'out'), true);
    const out = path.join(scratchFolder(), 'out');
    expect(await importTo(out, { within: withFileLimit(20) })).toBe(8);
    await finish('file size limited', out, true);
  });

  test('with a clock that jumps', async () => {
    const out = path.join(scratchFolder(), 'out');
    expect(await importTo(out, { env: jumpingClock })).toBe(0);
    await finish('clock jumps', out, true);
  });
});

describe('an annotation that is broken off keeps what it has confirmed', () => {
  const serve = useServers();

  test('its server killed at any moment', async () => {
    const kills = 20;
    // It looks at the log after each kill: no confirmed edit is lost, and none is done twice.
    await killServer(serve, { kills, seed });
    for (let kill = 0; kill < kills; kill++) count('annotation, server killed', true, true);
  });

  test('on a disk that is full', async () => {
    const random = randomFor(seed, 'annotation disks');
    for (let attempt = 0; attempt < 4; attempt++) {
      const kilobytes = 30 + random.integer(30);
      // It looks at the log: what was refused is not there, and all that was confirmed is.
      await fillDisk(serve, { kilobytes, seed: seed + attempt });
      count('annotation, disk full', true, true);
    }
  });

  test('with a clock that jumps', async () => {
    const folder = await writeImages(['a.png']);
    const server = await serve(folder, ['env', `NODE_OPTIONS=${jumpingClock.NODE_OPTIONS}`]);
    const [random, witness] = [randomFor(seed, 'annotation clock'), new Witness()];
    for (let edit = 0; edit < 30; edit++) {
      const draft = randomEdit(witness.state, random);
      const { status, value } = await server.client.ask('/api/images/0/events', draft);
      expect(status, JSON.stringify(value)).toBe(200);
      witness.confirm(draft, value);
    }
    witness.expectLog(path.join(folder, 'annotations/ann/a.png.jsonl'));
    await server.kill();
    // Times in the log that go backwards do not keep the next server from it.
    const next = await serve(folder);
    const { seq, hash } = (await next.client.ask('/api/images/0')).value as { seq: number; hash: string };
    expect({ seq, hash }).toEqual({ seq: 30, hash: witness.state.hash });
    count('annotation, clock jumps', true, true);
  });
});

/** What happens to a command. */
interface Breaking {
  readonly within?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly killed?: 'launcher' | 'child';
  /** When, ms. */
  readonly afterMs?: number;
}

/** Runs nucleate; the exit status, 137 if its launcher was killed. */
function command(
  args: readonly string[],
  { within = [], env, killed, afterMs = 0 }: Breaking,
): Promise<number> {
  const [program, ...rest] = [...within, process.execPath, path.join(root, 'bin/nucleate.js'), ...args];
  const child = spawn(program!, rest, { cwd: root, stdio: 'ignore', env: { ...process.env, ...env } });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 137));
  });
  if (killed)
    void sleep(afterMs).then(() => {
      if (child.exitCode !== null) return;
      if (killed === 'launcher') return void child.kill('SIGKILL');
      for (const pid of childrenOf(child.pid!)) process.kill(pid, 'SIGKILL');
    });
  return ended;
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

const namesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort();

/** A folder for all tests of a group. */
function scratchFolderOfFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-failures-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
