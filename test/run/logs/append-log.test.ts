import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { AppendLog } from '../../../src/run/logs/append-log.js';
import { useScripts } from '../children.js';
import { scratchFolder } from '../scratch.js';

const runScript = useScripts();

function openLog(file: string, keepBytes?: number) {
  const troubles: string[] = [];
  const onTrouble = (sentence: string) => troubles.push(sentence);
  return {
    log: new AppendLog(file, { onTrouble, ...(keepBytes === undefined ? {} : { keepBytes }) }),
    troubles,
  };
}

test('records are in the file before the log is synced or closed', () => {
  const file = path.join(scratchFolder(), 'a.log');
  const { log } = openLog(file);
  log.append('one ü\n');
  log.append(Uint8Array.of(50, 10));
  expect(readFileSync(file, 'utf8')).toBe('one ü\n2\n');
  expect(log.bytes).toBe(9);
  log.close();
  const { log: next } = openLog(file);
  next.append('3\n');
  expect(readFileSync(file, 'utf8')).toBe('one ü\n2\n3\n');
  next.close();
});

test('a resumed run cuts off what was logged after its checkpoint', () => {
  const file = path.join(scratchFolder(), 'a.log');
  writeFileSync(file, '1\n2\n3\nhal');
  const { log, troubles } = openLog(file, 4);
  log.append('new 3\n');
  log.close();
  expect(readFileSync(file, 'utf8')).toBe('1\n2\nnew 3\n');
  expect(troubles).toEqual([]);
});

test('a log that is shorter than it was is reported, and continues', () => {
  const file = path.join(scratchFolder(), 'a.log');
  writeFileSync(file, '1\n');
  const { log, troubles } = openLog(file, 10);
  expect([log.bytes, troubles]).toEqual([2, ['8 bytes of the earlier training are missing from a.log.']]);
  log.close();
});

test('a full disk is reported once, and training goes on', () => {
  const { log, troubles } = openLog('/dev/full');
  for (let record = 0; record < 3; record++) log.append('x\n');
  expect(log.bytes).toBe(0);
  expect(troubles).toEqual([expect.stringMatching(/^full cannot be written: ENOSPC: .+\.$/u)]);
  log.close();
});

test('a disk that fills up and is freed again leaves only whole lines, and is reported each time', async () => {
  const disk = path.join(scratchFolder(), 'disk');
  mkdirSync(disk);
  const line = 'mount -t tmpfs -o size=64k tmpfs "$0" && "$@" && cp "$0/a.log" "$0.copy"';
  const within = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', line, disk];
  const { status, stdout, stderr } = await runScript('logs/fill', [disk], { within });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout.match(/a\.log cannot be written/gu)).toHaveLength(2);
  const lines = readFileSync(`${disk}.copy`, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(new Set(lines.map((record) => record.slice(4)))).toEqual(new Set(['x'.repeat(3000)]));
  expect(lines.map((record) => record.slice(0, 3))).toEqual(
    [...lines.map((record) => record.slice(0, 3))].sort(),
  );
  expect(lines.at(-1)).toMatch(/^299/u);
});

test('a missing folder, or a link: exit code 8', () => {
  const folder = scratchFolder();
  expect(() => openLog(path.join(folder, 'none/a.log'))).toThrow(
    expect.objectContaining({ exitCode: 8 }) as Error,
  );
  symlinkSync('/dev/null', path.join(folder, 'link'));
  expect(() => openLog(path.join(folder, 'link'))).toThrow(expect.objectContaining({ exitCode: 8 }) as Error);
});
