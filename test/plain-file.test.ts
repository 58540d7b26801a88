import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeText } from '../src/cli/write-text.js';
import { loadConfig } from '../src/config/load.js';
import { readDetectedBoxes } from '../src/data/loader/detected-boxes.js';
import { openDataset } from '../src/data/read/dataset.js';
import { readGroupsCsv } from '../src/data/read/groups-csv.js';
import { readSplit } from '../src/data/split/split-file.js';
import { openPrediction } from '../src/eval/sources/open.js';
import { makeFolders } from '../src/make-folders.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { readDetector } from '../src/model/trained-network.js';
import { readPlainFile, readPlainFileSync, readPlainText } from '../src/plain-file.js';
import { writeWhole } from '../src/predict/formats/write-file.js';
import { lockRun } from '../src/run/lock/lock.js';
import { readMetrics } from '../src/run/logs/metrics.js';
import { recordedStart } from '../src/run/recorded-start.js';
import { readStatus } from '../src/run/status.js';

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-special-'));
const at = (...names: string[]) => path.join(root, ...names);
const server = createServer();
beforeAll(async () => {
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('folder'));
  writeFileSync(at('plain'), 'text');
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

const pipeAt = (...names: string[]) => {
  rmSync(at(...names), { force: true, recursive: true });
  execFileSync('mkfifo', [at(...names)]);
};

describe('a plain file', () => {
  test('is read, up to a limit', async () => {
    expect(await readPlainText(at('plain'))).toBe('text');
    expect(readPlainFileSync(at('plain'), 4).toString()).toBe('text');
    await expect(readPlainFile(at('plain'), 3)).rejects.toThrow(
      'it has 0.0 MB, more than the 0.0 MB that are read',
    );
  });

  test.each([
    ['pipe', 'it is a named pipe, not a plain file'],
    ['folder', 'it is a folder, not a plain file'],
    ['socket', 'ENXIO'],
    ['/dev/zero', 'it is a device, not a plain file'],
    ['/dev/null', 'it is a device, not a plain file'],
    ['/proc/self/fd', 'it is a folder, not a plain file'],
  ])('is not %s', async (name, message) => {
    const file = path.resolve(root, name);
    await expect(readPlainFile(file)).rejects.toThrow(message);
    expect(() => readPlainFileSync(file)).toThrow(message);
  });
});

/** A copy of a fixture in which one file is a pipe. */
function withPipe(fixture: string, name: string, file: string): string {
  cpSync(path.join('test/fixtures/old-files', fixture), at(name), { recursive: true });
  pipeAt(name, file);
  return at(name);
}

describe('a named pipe is an error at once', () => {
  test.each([
    ['a config', 2, () => loadConfig(at('pipe'))],
    [
      'the config that another extends',
      2,
      () => {
        writeFileSync(at('child.yaml'), 'extends: pipe\n');
        return loadConfig(at('child.yaml'));
      },
    ],
    ['a model file', 6, () => readModelFolder(withPipe('model', 'm1', 'model.json'))],
    ['the weights of a model', 6, () => readModelFolder(withPipe('model', 'm2', 'segmenter.safetensors'))],
    [
      'a manifest',
      6,
      () =>
        readDetector(
          path.join(
            withPipe('detector', 'r1', 'checkpoints/step-000000002/manifest.json'),
            'checkpoints/step-000000002',
          ),
        ),
    ],
    [
      'the weights of a checkpoint',
      6,
      () =>
        readDetector(
          path.join(
            withPipe('detector', 'r2', 'checkpoints/step-000000002/ema.safetensors'),
            'checkpoints/step-000000002',
          ),
        ),
    ],
    ['a split', 3, () => readSplit(at('pipe'))],
    ['a table of groups', 3, () => readGroupsCsv(at('pipe'))],
    ['detected boxes', 3, () => readDetectedBoxes(at('pipe'), [], 0.5)],
    ['a dataset', 3, () => openDataset(at('pipe'))],
    ['predictions', 3, () => openPrediction(at('pipe'))],
  ] as const)('as %s', { timeout: 20_000 }, async (_, exitCode, read) => {
    const outcome = await Promise.resolve()
      .then(read as () => unknown)
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject({ exitCode });
  });

  test('as pointer, status, log or record of a run: as if it were not there', async () => {
    const run = withPipe('detector', 'r3', 'checkpoints/best');
    expect((await readDetector(run)).origin.step).toBe(2);
    for (const name of ['status.json', 'metrics.jsonl', 'env.json', 'dataset.json']) pipeAt('r3', name);
    expect(readStatus(run)).toBeNull();
    expect(() => readMetrics(path.join(run, 'metrics.jsonl'))).toThrow(
      'it is a named pipe, not a plain file',
    );
    expect(recordedStart(run)).toEqual({ dataset: undefined });
    mkdirSync(path.join(run, 'run.lock'), { recursive: true });
    pipeAt('r3', 'run.lock', '1');
    expect(() => lockRun(run, { force: false, onTakeover: () => {} })).toThrow();
  });

  test('as an output', async () => {
    await expect(writeText(at('pipe'), 'x', 'table')).rejects.toMatchObject({
      exitCode: 8,
      message: 'The table cannot be written: it is a named pipe that nobody reads.',
    });
    await writeText('/dev/null', 'x', 'table');
  });
});

test('folders below /proc, which no one can make, are an error, and not an endless loop', async () => {
  expect(() => makeFolders('/proc/x/y')).toThrow(/ENOENT/u);
  expect(() => makeFolders(at('plain', 'x'))).toThrow(/ENOTDIR/u);
  expect(() => makeFolders(at('plain'))).toThrow(/ENOTDIR/u);
  makeFolders(at('a/b/c'));
  makeFolders(at('a/b/c'));
  expect(statSync(at('a/b/c')).isDirectory()).toBe(true);
  await expect(writeWhole('/proc/x/labels/a.tif', ['x'])).rejects.toMatchObject({ exitCode: 8 });
});

/** Files that read only what nucleate itself has made or the operating system provides. */
const exceptions = ['src/plain-file.ts', 'src/process-identity.ts', 'src/make-folders.ts'];

test('no other file of src opens files for reading, or makes folders with `recursive`', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join('src', name))
    .filter((file) => !exceptions.includes(file));
  const found = files.filter((file) => {
    const text = readFileSync(file, 'utf8');
    const imported = [...text.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/gu)]
      .flatMap(([, names]) => names!.split(','))
      .map((name) => name.trim());
    return (
      imported.some((name) => ['readFile', 'readFileSync', 'createReadStream'].includes(name)) ||
      /\bmkdir(Sync)?\([^)]*recursive/u.test(text)
    );
  });
  expect(found).toEqual([]);
});
