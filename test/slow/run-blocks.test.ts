import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { launcher, root, run } from '../cli/run-nucleate.js';
import { currentDocuments } from '../docs/documents.js';
import { isAlike, runBlocks, withOutputs } from '../docs/run-blocks.js';

const pages = currentDocuments.filter(({ text }) => /^```\w+ run$/mu.test(text));

/** A folder as the pages assume it: in the clone, and for programs with a few images. */
function folderOfReader(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['configs', 'examples', 'models'])
    symlinkSync(path.join(root, name), path.join(folder, name));
  const sample = path.join(root, 'examples/dsb2018-mini');
  cpSync(path.join(sample, 'a-5afb7932.png'), path.join(folder, 'cells.png'));
  mkdirSync(path.join(folder, 'images'));
  for (const name of ['a-5afb7932', 'f-16c3d593', 'a-5afb7932_masks', 'f-16c3d593_masks'])
    cpSync(path.join(sample, `${name}.png`), path.join(folder, `images/${name}.png`));
  return folder;
}

/** Runs the blocks of a page one after the other, in one folder. */
async function outputsOf(text: string): Promise<string[]> {
  const folder = folderOfReader();
  const outputs: string[] = [];
  for (const { language, code } of runBlocks(text)) {
    let outcome;
    if (language === 'sh') {
      const npx = `npx() { shift; '${process.execPath}' '${launcher}' "$@"; }; set -eo pipefail\n`;
      outcome = await run('bash', ['-c', npx + code], { cwd: folder });
    } else {
      const file = path.join(folder, 'program.mts');
      const library = path.join(root, 'src/index.ts');
      writeFileSync(file, code.replace("'nucleate-nuclei'", `'${library}'`));
      outcome = await run(process.execPath, ['--import', import.meta.resolve('tsx'), file], { cwd: folder });
    }
    const { status, stdout, stderr } = outcome;
    // `head` may close the pipe before all is written.
    expect({ code, status, stderr: status === 0 ? '' : stderr }).toEqual({ code, status: 0, stderr: '' });
    outputs.push(stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\n`);
  }
  return outputs;
}

test('there are pages with blocks that are run', () => {
  expect(pages.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['docs/tutorial.md', 'docs/how-to/library.md']),
  );
});

test('outputs may differ by what a processor rounds, and by nothing else', () => {
  expect(isAlike('47 nuclei  0.6029 a', '48 nuclei 0.61 a')).toBe(true);
  for (const other of ['52 nuclei 0.6029 a', '47 nuclei 0.7029 a', '47 nuclei 0.6029 b', '47 nuclei 0.6029'])
    expect(isAlike('47 nuclei 0.6029 a', other)).toBe(false);
});

test('each block marked run has a block of output behind it', () => {
  for (const { file, text } of pages)
    expect([file, runBlocks(text).length]).toEqual([file, text.match(/^```\w+ run$/gmu)!.length]);
});

// `npm run docs:run -- --update` writes the outputs into the pages.
test.each(pages)('$file shows what its commands print', { timeout: 300_000 }, async ({ file, text }) => {
  const actual = withOutputs(text, await outputsOf(text));
  const shown = isAlike(actual, text) ? text : actual;
  await expect(shown).toMatchFileSnapshot(path.join(root, file));
});
