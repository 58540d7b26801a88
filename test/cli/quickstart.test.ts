import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commandLine, commandLines } from '../../src/cli/quickstart/command-line.js';
import { takeFolder } from '../../src/cli/quickstart/folder.js';
import { seenSentence } from '../../src/cli/quickstart/seen.js';
import { scoreIn } from '../../src/cli/quickstart/summary.js';
import type { ModelFile } from '../../src/config/model-file.js';
import { readSplit } from '../../src/data/split/split-file.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { jsonError, launcher, nucleate, root } from './run-nucleate.js';

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-quickstart-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('the folder of a quickstart', () => {
  test('is never a folder with other files', async () => {
    const out = scratch();
    writeFileSync(path.join(out, 'quickstart.json'), '{"mine": true}');
    const outcome = await nucleate(['quickstart', '--out', out]);
    expect(outcome).toEqual({
      status: 2,
      stdout: '',
      stderr: `error: The folder is not empty and was not made by a quickstart.\n  where: ${out}\n  hint: Choose another folder: --out DIR.\n`,
    });
    expect(readdirSync(out)).toEqual(['quickstart.json']);
  });

  test('is emptied of earlier results, and other files stay', () => {
    const out = path.join(scratch(), 'a/b');
    takeFolder(out)();
    const elsewhere = scratch();
    writeFileSync(path.join(elsewhere, 'kept.txt'), '');
    symlinkSync(elsewhere, path.join(out, 'detector'));
    mkdirSync(path.join(out, 'nuclei/tiny'), { recursive: true });
    writeFileSync(path.join(out, 'notes.txt'), '');
    takeFolder(out)();
    expect(readdirSync(out).sort()).toEqual(['notes.txt', 'quickstart.json', 'run.lock']);
    expect(readdirSync(elsewhere)).toEqual(['kept.txt']);
  });

  test('is locked while a quickstart runs in it', async () => {
    const out = scratch();
    const release = takeFolder(out);
    mkdirSync(path.join(out, 'detector'));
    const outcome = await nucleate(['quickstart', '--out', out, '--json']);
    expect(outcome.status).toBe(7);
    expect(jsonError(outcome).code).toBe(7);
    expect(readdirSync(out)).toContain('detector');
    release();
  });
});

describe('a command line', () => {
  const args = ['predict', 'a b.png', "it's", '--out', 'x/$HOME', '--set', 'a={b: 1}', '--json', '-', ''];

  test('means the same to a shell on one line and on several lines', () => {
    const read = (line: string) =>
      execFileSync('bash', ['-c', `nucleate() { printf '%s\\0' "$@"; }; ${line}`], { encoding: 'utf8' });
    const expected = args.map((arg) => `${arg}\0`).join('');
    expect(read(commandLine(args))).toBe(expected);
    expect(read(commandLines(args, 20).join('\n'))).toBe(expected);
  });

  test('is broken between options, never between an option and its value', () => {
    expect(commandLines(['train', 'detector', '--config', 'c.yaml', '--set', 'a=1', '--json'], 30)).toEqual([
      String.raw`nucleate train detector \\`.slice(0, -1),
      String.raw`    --config c.yaml \\`.slice(0, -1),
      '    --set a=1 --json',
    ]);
  });
});

test('the challenge score of a target is the mean over its images', () => {
  const file = path.join(scratch(), 'eval.csv');
  writeFileSync(file, 'target,image,score\na/labels,one,0.25\nb/labels,one,1\na/labels,two,0.5\n');
  expect(scoreIn(file, 'a/labels')).toBe((0.25 + 0.5) / 2);
});

describe('whether the shipped model was trained on the images', async () => {
  const whole = await readSplit(path.join(root, 'configs/splits/dsb2018.json'));
  const { file } = await readModelFolder(path.join(root, 'models/nucleate-stains'));
  const model = (
    data: Partial<ModelFile['segmenter']['config']['data']>,
    { dataset = `${whole.dataset}/1d5b`, ...more }: { dataset?: string; tuned?: ModelFile['tuned'] } = {},
  ): ModelFile => {
    const { detector, segmenter } = file;
    const held = { split: 'configs/splits/dsb2018.json', validationFold: 0, trainOnAll: false };
    const origin = { ...segmenter.origin, dataset };
    return {
      ...{ ...file, name: 'm', tuned: null, ...more },
      detector: {
        ...detector,
        origin,
        config: { ...detector.config, data: { ...detector.config.data, ...held } },
      },
      segmenter: {
        ...segmenter,
        origin,
        config: { ...segmenter.config, data: { ...segmenter.config.data, ...held, ...data } },
      },
    };
  };
  const tuned = { score: 0.5, images: 132, heldOut: null, date: '' };

  test.each([
    ['held out', model({}), 'm was not trained on them either.'],
    [
      'held out, tuned',
      model({}, { tuned }),
      'm was not trained on them either; its thresholds were chosen on them as well.',
    ],
    [
      'one network of all folds',
      model({ trainOnAll: true }),
      'm was trained on them; its score on new images will be lower.',
    ],
    ['another fold', model({ validationFold: 1 }), 'It is not recorded whether m was trained on them.'],
    ['other folds', model({ split: 'none' }), 'It is not recorded whether m was trained on them.'],
    ['other data', model({}, { dataset: 'f00d/1d5b' }), 'It is not recorded whether m was trained on them.'],
  ])('%s', (_, given, sentence) => expect(seenSentence(given, whole)).toBe(sentence));

  test('the shipped model records it', () => {
    expect(seenSentence(file, whole)).toMatch(/^nucleate-stains was (not )?trained on them/u);
  });
});

test(
  'it stops at the first command that fails and reports its exit code and error',
  { timeout: 120_000 },
  async () => {
    const out = scratch();
    const elsewhere = scratch();
    const outcome = await nucleate(['quickstart', '--out', out, '--device', 'wasm', '--json', '--quiet'], {
      cwd: elsewhere,
    });
    expect(outcome).toMatchObject({ status: 9, stderr: '' });
    const { problems, ...error } = jsonError(outcome);
    expect(error).toMatchObject({
      code: 9,
      what: 'A command of the quickstart failed with exit code 9.',
      where: expect.stringContaining(
        `nucleate train detector --config ${root}configs/detector/tiny.yaml`,
      ) as string,
    });
    expect(problems).toHaveLength(1);
    expect(readdirSync(out).sort()).toEqual(['quickstart.json', 'run.lock']);
  },
);

/** The running child processes of a process, with their states: S, R, T. */
function childrenOf(parent: number): { id: number; state: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const [, state, parentId] = /.*\) (\w) (\d+)/su.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))!;
      return Number(parentId) === parent && state !== 'Z' ? [{ id: Number(name), state: state! }] : [];
    } catch {
      return [];
    }
  });
}

describe('signals', { timeout: 240_000 }, () => {
  /** A quickstart in its first training, and the ids of its processes: itself and the training. */
  async function training() {
    const child = spawn(process.execPath, [launcher, 'quickstart', '--out', scratch()], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await vi.waitFor(() => expect(stderr).toContain('weights, 17 images for training'), { timeout: 120_000 });
    const ofNucleate = (parent: number) =>
      childrenOf(parent).find(({ id }) => readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('main.js'));
    const itself = ofNucleate(child.pid!);
    const command = ofNucleate(itself!.id);
    return { child, itself: itself!.id, command: command!.id, ended, stderr: () => stderr };
  }
  const stateOf = (parent: number, id: number) => childrenOf(parent).find((each) => each.id === id)?.state;

  test('Ctrl-Z suspends all processes, fg continues them, Ctrl-C saves and ends them with exit code 130', async () => {
    const { child, itself, command, ended, stderr } = await training();
    child.kill('SIGTSTP');
    await vi.waitFor(() => expect(stateOf(itself, command)).toBe('T'), { timeout: 10_000 });
    // The launcher stops itself once the command has stopped.
    await vi.waitFor(() => expect(stateOf(child.pid!, itself)).toBe('T'), { timeout: 10_000 });
    child.kill('SIGCONT');
    await vi.waitFor(() => expect(stateOf(itself, command)).toMatch(/[SR]/u), { timeout: 10_000 });

    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stateOf(itself, command)).toBeUndefined();
    // Once: a second one would have ended the training without a checkpoint.
    expect(stderr().match(/SIGINT: finishing the step and saving/gu)).toHaveLength(1);
    expect(stderr()).toContain(
      'error: The quickstart was interrupted.\n  where: nucleate train detector --config',
    );
    expect(stderr()).not.toContain('2 of ');
  });

  test('a quickstart that is killed by -9 leaves no training', async () => {
    const { itself, command, ended } = await training();
    process.kill(itself, 'SIGKILL');
    expect(await ended).toBe(137);
    await vi.waitFor(() => expect(() => process.kill(command, 0)).toThrow('ESRCH'), { timeout: 60_000 });
  });
});
