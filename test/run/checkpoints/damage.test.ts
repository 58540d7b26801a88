import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { currentFormat } from '../../../src/config/migrations.js';
import { expect, test } from 'vitest';
import type { Problem } from '../../../src/errors.js';
import { manifestText } from '../../../src/run/checkpoints/manifest.js';
import { loadNewestCheckpoint } from '../../../src/run/checkpoints/read.js';
import { scratchFolder } from '../scratch.js';
import { contentOf, save } from './content.js';
import { uniform } from '../../helpers/uniform.js';

/** Checkpoints of the steps 1 and 2, the second of which a test may damage; with a copy of it to repair it. */
async function twoCheckpoints() {
  const folder = scratchFolder();
  const copy = path.join(scratchFolder(), 'copy');
  for (const step of [1, 2]) await save(folder, contentOf(step, null, 1000));
  const newest = path.join(folder, 'step-000000002');
  cpSync(newest, copy, { recursive: true });
  const load = async () => {
    const problems: Problem[] = [];
    const { state } = await loadNewestCheckpoint(folder, (problem) => problems.push(problem));
    return { step: state.step, problems };
  };
  return { folder, newest, copy, files: readdirSync(newest), load };
}

test('each file truncated at every kilobyte, emptied or missing: the older checkpoint is loaded', async () => {
  const { newest, copy, files, load } = await twoCheckpoints();
  expect(files.length).toBe(6);
  for (const file of files) {
    const whole = readFileSync(path.join(copy, file));
    for (let length = 0; length < whole.length; length += 1024) {
      truncateSync(path.join(newest, file), length);
      const { step, problems } = await load();
      expect(step).toBe(1);
      expect(problems).toEqual([{ what: expect.stringContaining(file) as string, where: newest }]);
      writeFileSync(path.join(newest, file), whole);
    }
    rmSync(path.join(newest, file));
    const { step, problems } = await load();
    expect(step).toBe(1);
    expect(problems[0]!.what).toBe(`The checkpoint is damaged: ${file} is missing.`);
    writeFileSync(path.join(newest, file), whole);
  }
  expect(await load()).toEqual({ step: 2, problems: [] });
});

test('a flipped bit anywhere: the older checkpoint is loaded', async () => {
  const { newest, files, load } = await twoCheckpoints();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), uniform(0, 1), async (file, place) => {
      const whole = readFileSync(path.join(newest, file));
      const bit = Math.floor(place * (8 * whole.length - 1));
      const flipped = Uint8Array.from(whole);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path.join(newest, file), flipped);
      const { step, problems } = await load();
      writeFileSync(path.join(newest, file), whole);
      expect(step).toBe(1);
      expect(problems[0]!.what).toContain(file);
    }),
    { numRuns: 200 },
  );
  expect(await load()).toEqual({ step: 2, problems: [] });
});

test('a checkpoint in the folder of another step counts as damaged', async () => {
  const { folder, newest, load } = await twoCheckpoints();
  cpSync(newest, path.join(folder, 'step-000000009'), { recursive: true });
  expect(await load()).toMatchObject({
    step: 2,
    problems: [{ what: 'The checkpoint is damaged: it is a checkpoint of step 2.' }],
  });
});

test('every checkpoint damaged: exit code 6 with all of them', async () => {
  const { folder, newest } = await twoCheckpoints();
  for (const name of [newest, path.join(folder, 'step-000000001')]) {
    truncateSync(path.join(name, 'manifest.json'), 1);
  }
  await expect(loadNewestCheckpoint(folder, () => {})).rejects.toMatchObject({
    exitCode: 6,
    message: 'Every checkpoint of the run is damaged.',
    problems: [{ where: newest }, { where: path.join(folder, 'step-000000001') }],
  });
});

test('a checkpoint of another format is an error, not skipped', async () => {
  const { newest, folder } = await twoCheckpoints();
  const text = manifestText({ format: currentFormat + 1, step: 2 } as unknown as Parameters<
    typeof manifestText
  >[0]);
  writeFileSync(path.join(newest, 'manifest.json'), text);
  await expect(loadNewestCheckpoint(folder, () => {})).rejects.toMatchObject({
    exitCode: 6,
    message: `The checkpoint was made by a newer version of nucleate: it has the format ${currentFormat + 1}, this one reads up to ${currentFormat}.`,
    where: newest,
  });
});

test.each(['', 'null', '{}', '[]', '5', '{"manifest":{}}', manifestText(null as never), '\0'.repeat(4096)])(
  'the manifest %#, which is not a manifest, is damage',
  async (text) => {
    const { newest, load } = await twoCheckpoints();
    writeFileSync(path.join(newest, 'manifest.json'), text);
    expect((await load()).step).toBe(1);
  },
);
