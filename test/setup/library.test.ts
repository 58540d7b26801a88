import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { libraryIsWhole } from '../../setup/library.js';
import { randomFor } from '../../src/random.js';
import { makeIndex } from './wheel.js';

type Index = ReturnType<typeof makeIndex>;

const script = new URL('install-library.js', import.meta.url).pathname;
const command = ({ folder, wheel }: Index, disk = 0) => [script, JSON.stringify({ folder, wheel, disk })];
const options = ({ pip }: Index) => ({ env: { ...process.env, ...pip }, encoding: 'utf8' as const });
const install = (index: Index) => spawnSync(process.execPath, command(index), options(index));
const libraryIn = ({ folder }: Index) => path.join(folder, 'tensorflow/libtensorflow_cc.so.2');

function flipOneByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[1000]! ^= 1;
  writeFileSync(file, bytes);
}

test('downloads, extracts the native files, and leaves nothing else behind', async () => {
  const index = makeIndex();
  expect(install(index)).toMatchObject({ status: 0 });
  expect(await libraryIsWhole(index.folder, { everything: true })).toBe(true);
  const files = readdirSync(index.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(index.folder, name)).isFile(),
  );
  expect(files.sort()).toEqual([
    'files.json',
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/libtensorflow_cc.so.2',
  ]);
  expect(statSync(libraryIn(index)).size).toBe(20_000_000);
  expect(readdirSync(index.cache).sort()).toEqual(['downloads', 'lock', 'tinyflow-1.0']);
  expect(readdirSync(path.join(index.cache, 'downloads'))).toEqual([]);
});

test.each<[string, (file: string) => void]>([
  ['a flipped byte', flipOneByte],
  [
    'a flipped byte under the old modification time',
    (file) => {
      const { atime, mtime } = statSync(file);
      flipOneByte(file);
      utimesSync(file, atime, mtime);
    },
  ],
  ['a longer file', (file) => appendFileSync(file, 'x')],
  ['a missing file', (file) => rmSync(file)],
])('notices %s and makes the library anew', async (_, damage) => {
  const index = makeIndex();
  install(index);
  damage(libraryIn(index));
  expect(await libraryIsWhole(index.folder)).toBe(false);
  const second = install(index);
  expect(second).toMatchObject({ status: 0 });
  expect(second.stderr).toContain('is damaged; installing it again');
  expect(await libraryIsWhole(index.folder)).toBe(true);
});

test('a touched file is hashed once and trusted again', async () => {
  const index = makeIndex();
  install(index);
  const manifest = path.join(index.folder, 'files.json');
  const before = readFileSync(manifest, 'utf8');
  utimesSync(libraryIn(index), 1, 1);
  expect(await libraryIsWhole(index.folder)).toBe(true);
  expect(readFileSync(manifest, 'utf8')).not.toBe(before);
});

test('a damaged or missing manifest is an incomplete library', async () => {
  const index = makeIndex();
  install(index);
  const manifest = path.join(index.folder, 'files.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').slice(0, 50));
  expect(await libraryIsWhole(index.folder)).toBe(false);
  rmSync(manifest);
  expect(await libraryIsWhole(index.folder)).toBe(false);
});

test('uses a wheel that was copied into downloads, but not a damaged one', async () => {
  const index = makeIndex();
  const downloads = path.join(index.cache, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const wheel = readFileSync(path.join(index.pip['PIP_FIND_LINKS']!, index.wheel.file));
  writeFileSync(path.join(downloads, index.wheel.file), wheel);
  const offline = { ...index, pip: { PIP_NO_INDEX: '1' } };
  expect(install(offline)).toMatchObject({ status: 0 });

  rmSync(index.folder, { recursive: true });
  writeFileSync(path.join(downloads, index.wheel.file), wheel.subarray(0, wheel.length - 10));
  const second = install(offline);
  expect(second.status).not.toBe(0);
  expect(second.stderr).toContain(`${index.wheel.file} is damaged; downloading it again`);
  expect(install(index)).toMatchObject({ status: 0 });
  expect(await libraryIsWhole(index.folder)).toBe(true);
});

test('a disk that is too small is an error before anything is downloaded', () => {
  const index = makeIndex();
  const { status, stderr } = spawnSync(process.execPath, command(index, 1e18), options(index));
  expect(stderr).toMatch(
    /has \d+ MB free; the TensorFlow library needs 1000000000000 MB during installation\./,
  );
  expect(status).not.toBe(0);
  expect(readdirSync(index.cache)).toEqual(['lock']);
});

test('two set-ups at once: one installs, the other waits for it', async () => {
  const index = makeIndex();
  const run = () =>
    new Promise<{ status: number | null; log: string }>((resolve) => {
      const child = spawn(process.execPath, command(index), options(index));
      let log = '';
      child.stderr.on('data', (text: Buffer) => (log += text.toString()));
      child.on('close', (status) => resolve({ status, log }));
    });
  const both = await Promise.all([run(), run()]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  expect(both.filter(({ log }) => log.includes('another set-up is running'))).toHaveLength(1);
  expect(both.filter(({ log }) => log.includes('tinyflow 1.0: 20 MB'))).toHaveLength(1);
  expect(await libraryIsWhole(index.folder, { everything: true })).toBe(true);
});

// Twenty installations, of which ten are cut short: pip alone takes a second or two in each.
test(
  'killed ten times at random instants, it never leaves a half library',
  { timeout: 300_000 },
  async () => {
    const index = makeIndex();
    const start = performance.now();
    install(index);
    const duration = performance.now() - start;
    const random = randomFor(1, 'kill');
    for (let kill = 0; kill < 10; kill++) {
      rmSync(index.folder, { recursive: true, force: true });
      const child = spawn(process.execPath, command(index), { ...options(index), stdio: 'ignore' });
      await setTimeout(random.uniform() * duration);
      child.kill('SIGKILL');
      if (existsSync(index.folder))
        expect(await libraryIsWhole(index.folder, { everything: true })).toBe(true);
      expect(install(index), `after kill ${kill}`).toMatchObject({ status: 0 });
      expect(await libraryIsWhole(index.folder, { everything: true })).toBe(true);
      expect(readdirSync(index.cache).filter((name) => name.startsWith('scratch-'))).toEqual([]);
    }
  },
);
