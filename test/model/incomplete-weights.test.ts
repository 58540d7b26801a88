import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { exportDetector } from '../../src/model/export-tfjs.js';
import { findNetworks } from '../../src/model/find-networks.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { buildModel } from '../../src/model/model.js';
import { decodeSafetensors } from '../../src/safetensors/decode.js';
import { encodeSafetensors } from '../../src/safetensors/encode.js';
import type { StoredTensors } from '../../src/safetensors/tensor.js';
import { nucleate } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';
import { writeRun } from './small-runs.js';

useNativeCpu();

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-incomplete-'));
afterAll(() => rmSync(root, { recursive: true }));

type Change = (tensors: Map<string, StoredTensors extends ReadonlyMap<string, infer T> ? T : never>) => void;

/** A copy of a whole model folder with other weights in one network, and their right hash. */
function tampered(name: string, stage: 'detector' | 'segmenter', change: Change): string {
  const folder = path.join(root, name);
  cpSync('test/fixtures/old-files/model', folder, { recursive: true });
  const file = path.join(folder, `${stage}.safetensors`);
  const before = readFileSync(file);
  const tensors = new Map(decodeSafetensors(before).tensors);
  change(tensors);
  const bytes = Buffer.concat(encodeSafetensors(tensors));
  writeFileSync(file, bytes);
  const hash = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
  const description = readFileSync(path.join(folder, 'model.json'), 'utf8');
  writeFileSync(path.join(folder, 'model.json'), description.replace(hash(before), hash(bytes)));
  return folder;
}

const kernels: Change = (tensors) => {
  for (const name of [...tensors.keys()]) if (name.endsWith('/kernel')) tensors.delete(name);
};
const allButOne: Change = (tensors) => {
  for (const name of [...tensors.keys()].slice(1)) tensors.delete(name);
};
const renamed: Change = (tensors) => {
  tensors.set('box_head/answers/bias', tensors.get('box_head/logits/bias')!);
  tensors.delete('box_head/logits/bias');
};
const reshaped: Change = (tensors) => {
  const bias = tensors.get('box_head/logits/bias')!;
  tensors.set('box_head/logits/bias', { ...bias, shape: [1, 1] });
};
const typed: Change = (tensors) =>
  tensors.set('box_head/logits/bias', { dtype: 'F64', shape: [1], data: Float64Array.of(1) });

test.each([
  ['no kernels', kernels, /lacks .*\/kernel/u],
  ['one tensor', allButOne, /lacks .*\/(.|\n)*And \d+ more\.$/u],
  ['a renamed layer', renamed, /lacks box_head\/logits\/bias/u],
  [
    'another shape',
    reshaped,
    /box_head\/logits\/bias is F32 \[1\] in the network, F32 \[1, 1\] in the file/u,
  ],
  ['another type', typed, /box_head\/logits\/bias is F32 \[1\] in the network, F64 \[1\] in the file/u],
] as const)('a model whose weights have %s is refused with the list', async (name, change, listed) => {
  const folder = tampered(name, 'detector', change);
  const stored = await readModelFolder(folder);
  let error: unknown;
  try {
    buildModel(stored, { mode: 'eager' }).dispose();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    exitCode: 6,
    where: path.join(folder, 'detector.safetensors'),
    message: expect.stringMatching(
      /^The weights do not fit the detector: \d+ of its \d+ tensors differ\.$/u,
    ) as string,
  });
  const { problems } = error as { problems: { what: string }[] };
  expect(problems.map(({ what }) => what).join('\n')).toMatch(listed);
  expect(problems.length).toBeLessThanOrEqual(21);
  const { detector } = (await findNetworks(folder))!;
  await expect(exportDetector(detector!, path.join(root, `${name}-export`))).rejects.toMatchObject({
    exitCode: 6,
  });
});

test('predict without the kernels of a network ends with exit code 6 and writes nothing', async () => {
  const folder = tampered('cli', 'segmenter', kernels);
  const image = 'examples/dsb2018-mini/a-5afb7932.png';
  const outcome = await nucleate(['predict', image, '--model', folder, '--out', path.join(root, 'out')]);
  expect(outcome).toMatchObject({ status: 6, stdout: '' });
  expect(outcome.stderr).toContain('The weights do not fit the segmenter');
  expect(outcome.stderr).toContain('The file lacks logits/kernel.');
});

test('a checkpoint that lacks a tensor is refused, too', async () => {
  const model = smallModel();
  const detector = new Map(model.detector);
  detector.delete('box_head/logits/kernel');
  const run = path.join(root, 'run');
  await writeRun(run, { ...model, detector }, 'detector');
  const { detector: network } = (await findNetworks(run))!;
  await expect(exportDetector(network!, path.join(root, 'run-export'))).rejects.toMatchObject({
    exitCode: 6,
    problems: [{ what: 'The file lacks box_head/logits/kernel.' }],
  });
});

test.each([
  ['NaN', 0x7e00],
  ['infinite', 0x7c00],
] as const)(
  'a weight that is %s is refused with exit code 5, its network and its name',
  async (name, bits) => {
    const folder = tampered(name, 'segmenter', (tensors) => {
      const [first] = tensors.keys();
      const tensor = tensors.get(first!)!;
      const data = Uint16Array.from(tensor.data as Uint16Array);
      data[data.length - 1] = bits;
      tensors.set(first!, { dtype: 'F16', shape: tensor.shape, data });
    });
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      exitCode: 5,
      where: path.join(folder, 'segmenter.safetensors'),
      message: expect.stringMatching(/^The tensor \S+ has the value (NaN|Infinity) at index \d+/u) as string,
    });
  },
);
