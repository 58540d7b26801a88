import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openFileTree } from '../../src/data/files/open-files.js';
import { readImage, writeImage } from '../../src/data/image/image-io.js';
import { planeChoice } from '../../src/data/image/plane-choice.js';
import { openDataset } from '../../src/data/read/dataset.js';
import { prepareDataset } from '../../src/data/read/prepared-layout.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import { openPrediction, openTruth } from '../../src/eval/sources/open.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { predictImages, type PredictImagesOptions } from '../../src/model/predict-images.js';
import { outputFormatNames } from '../../src/predict/formats/output-formats.js';
import { listImages } from '../../src/predict/inputs/list-images.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'predict-'));
const images = path.join(folder, 'images');
let count = 0;
let out: string;
let model: Model;

beforeAll(async () => {
  model = buildModel(smallModel());
  mkdirSync(images);
  await writeImage(path.join(folder, 'mask.png'), {
    ...{ width: 256, height: 256, channels: 1 },
    data: new Uint8Array(65536).fill(255, 0, 999),
  });
  for (const name of ['a-5afb7932.png', 'd-3594684b.png'])
    copyFileSync(path.join('examples/dsb2018-mini', name), path.join(images, name));
});
beforeEach(() => {
  out = path.join(folder, `out-${count++}`);
});
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

const formats = ['labels', 'table'] as const;

const open: (() => Promise<void>)[] = [];
async function listed(paths: readonly string[]) {
  const { images: found, close } = await listImages(paths);
  open.push(close);
  return found;
}
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

test('writes every format of every image, and returns the paths', async () => {
  const done: number[] = [];
  const { predicted, skipped, failed, nuclei } = await predictImages(model, await listed([images]), {
    ...{ out, formats, resume: false },
    onImage: (number) => done.push(number),
  });
  expect(done).toEqual([1, 2]);
  expect([skipped, failed]).toEqual([[], []]);
  expect(nuclei).toBeGreaterThan(0);
  for (const { outputs, nuclei: own } of predicted) {
    const [, table] = outputs;
    // A header and a line for each nucleus.
    expect(readFileSync(table!, 'utf8').trimEnd().split('\n')).toHaveLength(own + 1);
  }
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['a-5afb7932.png', 'd-3594684b.png']);
});

test('an image that cannot be read is reported with its path, and the others are predicted', async () => {
  const broken = path.join(folder, 'broken.png');
  writeFileSync(broken, 'no image');
  const told: unknown[] = [];
  const { predicted, failed } = await predictImages(model, await listed([broken, images]), {
    ...{ out, formats, resume: false },
    onFailure: (problem) => told.push(problem.where),
  });
  expect(predicted).toHaveLength(2);
  expect(told).toEqual([broken]);
  expect(failed).toMatchObject([{ where: broken, exitCode: 3 }]);
});

test('of many images, results and reports come in their order, the same as of one alone', async () => {
  const many = path.join(folder, 'many');
  mkdirSync(many);
  const files = Array.from({ length: 8 }, (_, index) => path.join(many, `${index}.png`));
  for (const [index, file] of files.entries()) {
    if (index % 4 === 1) writeFileSync(file, 'no image');
    else copyFileSync(path.join(images, index % 2 === 0 ? 'a-5afb7932.png' : 'd-3594684b.png'), file);
  }
  const told: unknown[] = [];
  const { predicted, failed } = await predictImages(model, await listed([many]), {
    ...{ out, formats, resume: false },
    onFailure: ({ where }) => told.push(where),
  });
  const good = files.filter((_, index) => index % 4 !== 1);
  expect(predicted.map(({ file }) => file)).toEqual(good);
  expect(failed.map(({ file }) => file)).toEqual([files[1], files[5]]);
  expect(told).toEqual([files[1], files[5]]);
  const record = readFileSync(path.join(out, 'predictions.jsonl'), 'utf8').trimEnd().split('\n');
  const names = record.map((line) => (JSON.parse(line) as { name?: string }).name);
  expect(names.filter((name) => name !== undefined)).toEqual(good.map((file) => path.parse(file).name));
  for (const { file, outputs } of predicted) {
    const alone = `${out}-${path.parse(file).name}`;
    await predictImages(model, await listed([file]), { out: alone, formats, resume: false });
    for (const output of outputs)
      expect(readFileSync(path.join(alone, path.relative(out, output)))).toEqual(readFileSync(output));
  }
});

test('when something fails that is no bad image, no file stays open', async () => {
  const stacks = path.join(folder, 'stacks');
  mkdirSync(stacks);
  for (const name of ['1', '2', '3', '4']) {
    const file = path.join(stacks, `${name}.tif`);
    copyFileSync('test/fixtures/images/two-pages.tif', file);
    // Smaller files are read at once.
    truncateSync(file, 17e6);
  }
  const openFiles = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
      } catch {
        return false;
      }
    }).length;
  expect(openFiles()).toBe(0);
  const seen: number[] = [];
  const onImage = () => {
    seen.push(openFiles());
    throw new Error('not by an image');
  };
  const planes = planeChoice({ plane: ['each'] });
  await expect(
    predictImages(model, await listed([stacks]), { out, formats, resume: false, planes, onImage }),
  ).rejects.toThrow('not by an image');
  // The next files were open already, and the record.
  expect(seen[0]).toBeGreaterThan(1);
  expect(openFiles()).toBe(0);
});

test('files that are no images, images of any kind and names of any kind do no harm', async () => {
  const hostile = path.join(folder, 'hostile');
  mkdirSync(path.join(hostile, 'sub'), { recursive: true });
  const fixtures = path.join(import.meta.dirname, '../fixtures/images');
  const refused = [
    ...['empty.png', 'text.png', 'truncated.png', 'truncated.tif', 'vector.png', 'huge.png', 'animated.png'],
    ...['two-pages.tif', 'turned.jpg', 'cmyk.tif', 'six-channels.tif', 'rgba8-fading.png'],
  ];
  const accepted = [
    'bit1.png',
    'grey16.tif',
    'rgb16.png',
    'palette.png',
    'rgba8-opaque.png',
    'flat.jpg',
    'float32.tif',
  ];
  for (const name of [...refused, ...accepted])
    copyFileSync(path.join(fixtures, name), path.join(hostile, name));
  const names = [
    '<script>alert(1)<\u2215script>.png',
    '=HYPERLINK("x").png',
    '\u001b]0;title\u0007\u001b[31mred\nline.png',
    '-rf.png',
    'nul.png',
    `${'x'.repeat(240)}.png`,
    'sub/..png',
  ];
  for (const name of names) copyFileSync(path.join(fixtures, 'grey8.png'), path.join(hostile, name));
  await writeImage(path.join(hostile, 'one.png'), {
    width: 1,
    height: 1,
    channels: 1,
    data: Uint8Array.of(9),
  });
  await writeImage(path.join(hostile, 'line.png'), {
    ...{ width: 70, height: 1, channels: 1 },
    data: Uint8Array.from({ length: 70 }, (_, x) => 3 * x),
  });
  const before = readdirSync(folder, { recursive: true }).sort();
  const { predicted, failed } = await predictImages(
    model,
    await listed([hostile, path.join(hostile, 'sub/..png')]),
    {
      ...{ out, formats: outputFormatNames, resume: false },
    },
  );
  expect(failed.map(({ where }) => path.basename(where ?? '')).sort()).toEqual(refused.toSorted());
  expect(new Set(failed.map(({ exitCode }) => exitCode))).toEqual(new Set([3]));
  expect(predicted).toHaveLength(accepted.length + names.length + 2);
  // All outputs are in their folders, and nothing else has come or gone.
  for (const { outputs } of predicted)
    for (const [index, file] of outputs.entries())
      expect(path.dirname(file)).toBe(path.join(out, outputFormatNames[index]!));
  const own = path.basename(out);
  const after = readdirSync(folder, { recursive: true }).filter((file) => !String(file).startsWith(own));
  expect(after.sort()).toEqual(before);
});

/** Predicts with resume unless told otherwise; gives base names of what was predicted (with the reason) and skipped. */
async function rerun(paths: readonly string[], options: Partial<PredictImagesOptions> & { by?: Model } = {}) {
  const { by = model, ...rest } = options;
  const result = await predictImages(by, await listed(paths), { out, formats, resume: true, ...rest });
  return {
    predicted: result.predicted.map(({ file, again }) => [path.basename(file), again]),
    skipped: result.skipped.map((file) => path.basename(file)),
    failed: result.failed.map(({ what, where }) => [what, where && path.relative(folder, where)]),
  };
}

const labelsOf = (name: string) => path.join(out, 'labels', name);
const [a, d] = ['a-5afb7932.png', 'd-3594684b.png'] as const;

/** All files of the outputs with their contents. */
const snapshot = () =>
  Object.fromEntries(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath !== out)
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(out, file), readFileSync(file).toString('base64')]),
  );

test('when resumed, it skips outputs that exist and makes those that are missing', async () => {
  await rerun([images]);
  const before = snapshot();
  rmSync(labelsOf(a));
  expect(await rerun([images])).toEqual({ predicted: [[a, 'missing']], skipped: [d], failed: [] });
  expect(snapshot()).toEqual(before);
  expect(await rerun([images], { formats: ['run-length'] })).toMatchObject({ skipped: [] });
  // Outputs in other formats stay, and still count.
  expect(await rerun([images], { formats: ['labels', 'table', 'run-length'] })).toMatchObject({
    skipped: [a, d],
  });
});

test('results of a changed image are made again', async () => {
  const own = path.join(folder, 'changing');
  mkdirSync(own);
  for (const name of [a, d]) copyFileSync(path.join(images, name), path.join(own, name));
  await rerun([own]);
  copyFileSync(path.join(images, d), path.join(own, a));
  expect(await rerun([own])).toEqual({ predicted: [[a, 'image']], skipped: [d], failed: [] });
  expect(readFileSync(labelsOf(a))).toEqual(readFileSync(labelsOf(d)));
});

test('results of another model or other options are made again, but no mixture is left', async () => {
  await rerun([images]);
  const other = buildModel(smallModel({ minArea: 12 }));
  try {
    const mixed = rerun([path.join(images, a)], { by: other });
    await expect(mixed).rejects.toMatchObject({ exitCode: 2, where: out });
    await expect(mixed).rejects.toThrow(
      'The folder holds results of 1 image not named now (d-3594684b), made with other options (minArea).',
    );
    // Without --resume neither.
    await expect(rerun([path.join(images, a)], { by: other, resume: false })).rejects.toMatchObject({
      exitCode: 2,
    });
    const again = {
      predicted: [
        [a, 'settings'],
        [d, 'settings'],
      ],
      skipped: [],
      failed: [],
    };
    // A format that is not asked for any more would be left with the old settings.
    expect(await rerun([images], { by: other, formats: ['labels'] })).toEqual(again);
    expect(Object.keys(snapshot())).toEqual([`labels/${a}`, `labels/${d}`]);
    const renamed = { ...smallModel({ minArea: 12 }) };
    renamed.file = { ...renamed.file, name: 'renamed', created: '2027-01-01T00:00:00.000Z' };
    const same = buildModel(renamed);
    // The same networks with the same settings.
    expect(await rerun([images], { by: same, formats: ['labels'] })).toMatchObject({ skipped: [a, d] });
    same.dispose();
  } finally {
    other.dispose();
  }
});

test('an image that can no longer be read keeps no results of its former state', async () => {
  const own = path.join(folder, 'breaking');
  mkdirSync(own);
  copyFileSync(path.join(images, a), path.join(own, a));
  await rerun([own]);
  writeFileSync(path.join(own, a), 'no image');
  expect((await rerun([own])).failed).toHaveLength(1);
  expect(snapshot()).toEqual({});
  copyFileSync(path.join(images, a), path.join(own, a));
  expect(await rerun([own])).toMatchObject({ predicted: [[a, undefined]] });
});

test('a result that somebody has changed is not replaced', async () => {
  await rerun([images]);
  writeFileSync(labelsOf(a), 'corrected by hand');
  for (const resume of [true, false]) {
    const { failed } = await rerun([images], { resume });
    const where = path.relative(folder, labelsOf(a));
    expect(failed).toEqual([['The result is not as nucleate wrote it, and is not replaced.', where]]);
    expect(readFileSync(labelsOf(a), 'utf8')).toBe('corrected by hand');
  }
});

test('another image of the same name does not replace results', async () => {
  const own = path.join(folder, 'namesake');
  mkdirSync(own);
  copyFileSync(path.join(images, d), path.join(own, a));
  await rerun([images]);
  const before = snapshot();
  const { failed } = await rerun([own], { resume: false });
  expect(failed).toHaveLength(1);
  expect(failed[0]![0]).toContain('are of another image');
  expect(snapshot()).toEqual(before);
  // The same image elsewhere is the same image.
  copyFileSync(path.join(images, a), path.join(own, a));
  expect(await rerun([own])).toMatchObject({ skipped: [a] });
});

test('a folder with files that no record tells of is not used', async () => {
  mkdirSync(path.join(out, 'labels'), { recursive: true });
  writeFileSync(labelsOf('theirs.png'), '');
  for (const resume of [true, false])
    await expect(rerun([images], { resume })).rejects.toMatchObject({
      exitCode: 2,
      where: path.join(out, 'labels'),
    });
  expect(readdirSync(out, { recursive: true }).sort()).toEqual(['labels', 'labels/theirs.png']);
});

test('whatever of the record is lost, the rest is made again, the same', async () => {
  await rerun([images]);
  const before = snapshot();
  const record = path.join(out, 'predictions.jsonl');
  const whole = readFileSync(record);
  const lines = whole.toString('utf8').trimEnd().split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual([
    ...['nucleate', 'begun', 'name', 'begun', 'name'],
  ]);
  // Cut anywhere, as when the process is killed: within each line, and between them.
  const [header] = lines;
  for (let cut = header!.length + 1; cut < whole.length; cut += Math.ceil(whole.length / 11)) {
    writeFileSync(record, whole.subarray(0, cut));
    const { predicted, skipped, failed } = await rerun([images]);
    expect([predicted.length + skipped.length, failed]).toEqual([2, []]);
    expect(snapshot()).toEqual(before);
    expect(await rerun([images])).toMatchObject({ skipped: [a, d] });
  }
});

test('what a killed prediction has left is not mixed with what other settings make', async () => {
  await rerun([images]);
  const record = path.join(out, 'predictions.jsonl');
  const lines = readFileSync(record, 'utf8').split('\n');
  // Killed before the second image was recorded, and while a file was written.
  writeFileSync(
    record,
    lines
      .slice(0, 4)
      .map((line) => `${line}\n`)
      .join(''),
  );
  writeFileSync(path.join(out, 'table', `.${path.parse(d).name}.csv.99.part`), 'half');
  const other = buildModel(smallModel({ minArea: 12 }));
  expect(await rerun([images], { by: other, formats: ['labels'] })).toEqual({
    ...{
      predicted: [
        [a, 'settings'],
        [d, 'unfinished'],
      ],
      skipped: [],
      failed: [],
    },
  });
  other.dispose();
  expect(Object.keys(snapshot())).toEqual([`labels/${a}`, `labels/${d}`]);
});

test('channels that are predicted one by one are results of their own, and leave when they are no longer asked for', async () => {
  const own = path.join(folder, 'channels');
  mkdirSync(own);
  copyFileSync('examples/dsb2018-mini/c-13f2bec0.png', path.join(own, 'c.png'));
  const each = { planes: { channels: ['each'] }, formats: ['labels'] } as const;
  await rerun([own], each);
  expect(Object.keys(snapshot())).toEqual([1, 2, 3].map((channel) => `labels/c-c${channel}.png`));
  expect(await rerun([own], each)).toMatchObject({ predicted: [], skipped: ['c.png', 'c.png', 'c.png'] });
  // Results of the channels would be a mixture with those of the image, and one of them was changed.
  writeFileSync(labelsOf('c-c2.png'), 'corrected');
  expect((await rerun([own], { formats: ['labels'] })).failed).toHaveLength(1);
  rmSync(labelsOf('c-c2.png'));
  expect((await rerun([own], { formats: ['labels'] })).failed).toEqual([]);
  expect(Object.keys(snapshot())).toEqual(['labels/c.png']);
});

test('label images that are predicted of a dataset can be scored against it, whatever its layout and names', async () => {
  const pairs = path.join(folder, 'pairs');
  mkdirSync(path.join(pairs, 'sub'), { recursive: true });
  const challenge = path.join(folder, 'challenge');
  for (const suffix of ['', '_masks']) {
    const source = `examples/dsb2018-mini/a-5afb7932${suffix}.png`;
    copyFileSync(source, path.join(pairs, `we:ird${suffix}.png`));
    copyFileSync(source, path.join(pairs, 'sub', `=x${suffix}.png`));
    for (const id of ['one', 'two']) {
      const own = path.join(challenge, id, suffix === '' ? 'images' : 'masks');
      mkdirSync(own, { recursive: true });
      // Masks of one value; the image has another name than its folder.
      copyFileSync(
        suffix === '' ? source : path.join(folder, 'mask.png'),
        path.join(own, suffix === '' ? 'some.png' : '0.png'),
      );
    }
  }
  execFileSync('python3', ['-m', 'zipfile', '-c', 'pairs.zip', 'pairs'], { cwd: folder });
  const dataset = await openDataset(pairs);
  await prepareDataset(dataset, path.join(folder, 'pairs.prepared'));
  await dataset.close();
  const expected = ['sub/=x', 'we:ird'];
  const cases = [
    ...['pairs', 'pairs.zip', 'pairs.prepared'].map((data) => ({ data, ids: expected })),
    { data: 'challenge', ids: ['one', 'two'] },
  ];
  for (const { data, ids } of cases) {
    out = path.join(folder, `out-of-${data}`);
    await rerun([path.join(folder, data)], { formats: ['labels'] });
    const truth = await openTruth(path.join(folder, data));
    const prediction = await openPrediction(path.join(out, 'labels'));
    expect(truth.ids).toEqual(ids);
    expect(prediction.ids).toEqual(ids);
    const scored = await scoreSources(truth, [prediction]);
    expect(scored.targets[0]!.evaluation.images).toHaveLength(2);
    await prediction.close();
    await truth.close();
  }
  const record = path.join(out, 'predictions.jsonl');
  writeFileSync(record, readFileSync(record, 'utf8').split('\n').slice(0, 4).join('\n') + '\n');
  await expect(openPrediction(path.join(out, 'labels'))).rejects.toMatchObject({
    ...{ exitCode: 3, problems: [{ what: 'The results of two are not finished.' }] },
  });
});

test('a record from elsewhere cannot have files removed that are no outputs', async () => {
  await rerun([images]);
  const record = path.join(out, 'predictions.jsonl');
  const victim = path.join(folder, 'victim.txt');
  writeFileSync(victim, 'precious');
  const hostile = readFileSync(record, 'utf8').replaceAll(`labels/${a}`, '../victim.txt');
  writeFileSync(record, hostile);
  const other = buildModel(smallModel({ minArea: 12 }));
  await rerun([images], { by: other });
  other.dispose();
  expect(readFileSync(victim, 'utf8')).toBe('precious');
});

test('predicting a folder again, with the results in it, has the same inputs, wherever the results are moved', async () => {
  const own = path.join(folder, 'with-results');
  mkdirSync(own);
  copyFileSync(path.join(images, a), path.join(own, a));
  out = path.join(own, 'nuclei');
  const all = ['labels', 'table', 'overlay', 'outlines'] as const;
  await rerun([own], { formats: all });
  const expectSame = async () => {
    const { images: found, leftOut } = await listImages([own]);
    expect(found.map(({ file }) => path.basename(file))).toEqual([a]);
    return leftOut.map(({ why, count }) => [why, count]);
  };
  // A file of each format, the record and the settings.
  expect(await expectSame()).toEqual([['result', 6]]);
  mkdirSync(path.join(own, 'deep/er'), { recursive: true });
  renameSync(out, path.join(own, 'deep/er/renamed'));
  expect(await expectSame()).toEqual([['result', 6]]);
  symlinkSync(path.join(own, 'deep/er/renamed/overlay'), path.join(own, 'link'));
  expect(await expectSame()).toEqual([
    ['result', 6],
    ['repeated', 1],
  ]);
  // Also where they are named by hand, and beside the images.
  const named = path.join(own, 'deep/er/renamed/overlay');
  await expect(listImages([named])).rejects.toMatchObject({ exitCode: 2 });
  await expect(listImages([path.join(named, a)])).rejects.toMatchObject({ exitCode: 2 });
  await expect(listImages([path.join(own, 'link')])).rejects.toMatchObject({ exitCode: 2 });
  out = own;
  await rerun([own], { formats: all });
  expect(await expectSame()).toContainEqual(['result', 12]);
  // A dataset does not have them either.
  const tree = await openFileTree(own);
  expect(tree.files).toEqual([a]);
  await tree.close();
});

test('an image gives the same nuclei whatever was predicted before, and no tensor is left', async () => {
  const [a, d] = await Promise.all(
    ['a-5afb7932.png', 'd-3594684b.png'].map((name) => readImage(path.join(images, name))),
  );
  const first = await model.segment(a!);
  const { numTensors } = tf.memory();
  await model.segment(d!);
  const again = await model.segment(a!);
  expect(again).toEqual(first);
  expect(tf.memory().numTensors).toBe(numTensors);
});

test("settings given for one image take the place of the model's", async () => {
  const image = await readImage(path.join(images, 'a-5afb7932.png'));
  expect((await model.segment(image, { scoreThreshold: 1 })).instances).toEqual([]);
  expect((await model.segment(image)).instances.length).toBeGreaterThan(0);
});

test('each channel of a file gets outputs of its own name, which --resume knows', async () => {
  const several = path.join(folder, 'several');
  mkdirSync(several);
  const fixtures = path.join(import.meta.dirname, '../fixtures/images');
  copyFileSync(path.join(fixtures, 'two-grey-channels.tif'), path.join(several, 'x.tif'));
  copyFileSync(path.join(fixtures, 'grey8.tif'), path.join(several, 'x-c1.tif'));
  const options = { out, formats: ['labels', 'coco'] as const, planes: planeChoice({ channel: ['each'] }) };
  const all = await predictImages(model, await listed([several]), { ...options, resume: false });
  expect(all.predicted.map(({ planes }) => planes)).toEqual(['', 'c1', 'c2']);
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['x-c1-2.png', 'x-c1.png', 'x-c2.png']);
  const document = readFileSync(path.join(out, 'coco', 'x-c2.json'), 'utf8');
  expect(document).toContain('"file_name":"x-c2.tif"');
  rmSync(path.join(out, 'labels', 'x-c2.png'));
  const again = await predictImages(model, await listed([several]), {
    ...options,
    resume: true,
  });
  expect(again.predicted.map(({ planes }) => planes)).toEqual(['c2']);
  expect(again.skipped).toEqual([path.join(several, 'x-c1.tif'), path.join(several, 'x.tif')]);
});

test('an image without any difference is told', async () => {
  const file = path.join(folder, 'black.png');
  await writeImage(file, { width: 20, height: 20, channels: 1, data: new Uint8Array(400) });
  const notices: unknown[] = [];
  const options = { out, formats, resume: false, onNotice: (notice: unknown) => notices.push(notice) };
  await predictImages(model, await listed([file]), options);
  expect(notices).toMatchObject([{ where: file }]);
});
