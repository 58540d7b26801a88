import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeFolder } from '../../../src/data/files/write-folder.js';
import { ownIdentity } from '../../../src/process-identity.js';
import { scratchFolder } from '../../run/scratch.js';

/** Writes one file, and says where. */
async function write(folder: string): Promise<string> {
  let written = '';
  await writeFolder(folder, {
    noun: 'dataset',
    write: (partial) => {
      written = path.basename(partial);
      writeFileSync(path.join(partial, 'new'), 'new');
      return Promise.resolve();
    },
  });
  return written;
}

/** The identity of a process that has ended. */
async function deadIdentity() {
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  return { ...ownIdentity(), pid: child.pid!, started: '1' };
}

const begun = (folder: string, owner: unknown) => {
  mkdirSync(folder);
  writeFileSync(path.join(folder, '.nucleate-part.json'), JSON.stringify(owner));
  writeFileSync(path.join(folder, 'old'), 'old');
};

test('a folder of the user with the name of an unfinished one stays as it is', async () => {
  const out = path.join(scratchFolder(), 'out');
  mkdirSync(`${out}.part`);
  writeFileSync(path.join(`${out}.part`, 'thesis.txt'), 'mine');
  writeFileSync(`${out}.part-2`, 'mine, too');
  expect(await write(out)).toBe('out.part-3');
  expect(readdirSync(out)).toEqual(['new']);
  expect(readFileSync(path.join(`${out}.part`, 'thesis.txt'), 'utf8')).toBe('mine');
  expect(readFileSync(`${out}.part-2`, 'utf8')).toBe('mine, too');
  expect(readdirSync(path.dirname(out)).sort()).toEqual(['out', 'out.part', 'out.part-2']);
});

test('what a dead process has left is replaced, what a living one writes is not', async () => {
  const out = path.join(scratchFolder(), 'out');
  begun(`${out}.part`, ownIdentity());
  begun(`${out}.part-2`, await deadIdentity());
  expect(await write(out)).toBe('out.part-2');
  expect(readdirSync(out)).toEqual(['new']);
  expect(readdirSync(`${out}.part`).sort()).toEqual(['.nucleate-part.json', 'old']);
  expect(existsSync(`${out}.part-2`)).toBe(false);
});

test('it goes on with what a dead process has left, if that is asked for', async () => {
  const out = path.join(scratchFolder(), 'out');
  begun(`${out}.part`, await deadIdentity());
  await writeFolder(out, {
    noun: 'dataset',
    write: () => Promise.resolve(),
    goesOn: (partial) => Promise.resolve(existsSync(path.join(partial, 'old'))),
  });
  expect(readdirSync(out)).toEqual(['old']);
});

test('a folder that exists is an error, and nothing is left beside it', async () => {
  const out = path.join(scratchFolder(), 'out');
  mkdirSync(out);
  writeFileSync(path.join(out, 'mine'), 'mine');
  await expect(write(out)).rejects.toMatchObject({ exitCode: 2, where: out });
  expect(readdirSync(path.dirname(out))).toEqual(['out']);
  expect(readdirSync(out)).toEqual(['mine']);
});
