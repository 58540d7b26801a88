import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { inFolder, problemsOf, thrownBy } from './load-files.js';

interface Case {
  readonly name: string;
  readonly text: string | Uint8Array;
  readonly problems: readonly string[];
}

const rootKeys =
  '`extends`, `task`, `seed`, `data`, `run`, `optimizer`, `schedule`, `budget`, `validation`, `checkpoints`, `precision`, `loader`, `boxes`, `model`, `target`, `loss`, `inference`, `scoring`';
const budgetKeys = '`steps`, `minutes`, `patience`';

const cases: readonly Case[] = [
  {
    name: 'an unknown key, at its key',
    text: 'task: segmenter\nbudget:\n  epochs: 4\n',
    problems: [`config.yaml:3:3: Unknown key \`budget.epochs\`. The keys here are ${budgetKeys}.`],
  },
  {
    name: 'a mistyped key, with the right one',
    text: 'task: segmenter\nloader: { batchSzie: 4 }\n',
    problems: ['config.yaml:2:11: Unknown key `loader.batchSzie`. Did you mean `batchSize`?'],
  },
  {
    name: 'a key in another style, with the right one',
    text: 'task: segmenter\nschedule: { learning_rate: 0.1 }\n',
    problems: ['config.yaml:2:13: Unknown key `schedule.learning_rate`. Did you mean `learningRate`?'],
  },
  {
    name: 'a mistyped task, which hides the keys that depend on it',
    text: 'task: segmentor\nepochs: 4\n',
    problems: [
      'config.yaml:1:7: Expected `task` to be one of `detector`, `segmenter`, received "segmentor". Did you mean `segmenter`?',
    ],
  },
  {
    name: 'a missing key, at the mapping around it',
    text: '# comment\n\nseed: 4\n',
    problems: [
      'config.yaml:3:1: Expected `task` to be one of `detector`, `segmenter`, received nothing. Add the key.',
    ],
  },
  {
    name: 'a wrong type, at its value',
    text: 'task: segmenter\nloader:\n  batchSize: four\n',
    problems: [
      'config.yaml:3:14: Expected `loader.batchSize` to be an integer from 1 to 4096, received "four". Correct the value, or leave the key out for its default, 32.',
    ],
  },
  {
    name: 'a wrong list item',
    text: 'task: detector\nmodel: { boxHead: { units: [8, 0] } }\n',
    problems: [
      'config.yaml:2:32: Expected `model.boxHead.units[1]` to be an integer from 1 up, received 0. Correct the value.',
    ],
  },
  {
    name: 'an empty list',
    text: 'task: detector\nmodel: { levels: [{ stride: 4, sizes: [] }] }\n',
    problems: [
      'config.yaml:2:39: Expected `model.levels[0].sizes` to be a list of 1 or more items, each a number above 0, received []. Correct the value.',
    ],
  },
  {
    name: 'a number that is not one of several',
    text: 'task: detector\nmodel: { levels: [{ stride: 5, sizes: [8] }] }\n',
    problems: [
      'config.yaml:2:29: Expected `model.levels[0].stride` to be one of `4`, `8`, `16`, `32`, received 5. Correct the value.',
    ],
  },
  {
    name: 'a number where a string belongs',
    text: 'task: segmenter\nrun: { name: 2026 }\n',
    problems: [
      'config.yaml:2:14: Expected `run.name` to be a string that is not empty, received 2026. Write it in quotes.',
    ],
  },
  {
    name: 'a section without keys',
    text: 'task: segmenter\nloader:\nseed: 2\n',
    problems: [
      'config.yaml:2:8: Expected `loader` to be a mapping of keys to values, received null. Correct the value, or leave the key out for its defaults.',
    ],
  },
  {
    name: 'a key without a value, at the key',
    text: '{ task: segmenter, seed }\n',
    problems: [
      'config.yaml:1:20: Expected `seed` to be an integer from 1 up, received null. Correct the value, or leave the key out for its default, 1.',
    ],
  },
  {
    name: 'values out of range, each once',
    text: 'task: segmenter\nloader: { cropSize: 3 }\nschedule: { learningRate: 0 }\noptimizer: { momentum: 1 }\n',
    problems: [
      'config.yaml:2:21: Expected `loader.cropSize` to be an integer from 16 to 512, received 3. Correct the value, or leave the key out for its default, 64.',
      'config.yaml:3:27: Expected `schedule.learningRate` to be a number above 0, received 0. Correct the value, or leave the key out for its default, 0.001.',
      'config.yaml:4:24: Expected `optimizer.momentum` to be a number from 0 up and below 1, received 1. Correct the value, or leave the key out for its default, 0.9.',
    ],
  },
  {
    name: 'a value that a refinement refuses',
    text: 'task: segmenter\nschedule: { steps: 2, warmupSteps: 3 }\n',
    problems: [
      'config.yaml:2:11: Expected `schedule` to be a schedule whose `warmupSteps` are fewer than its `steps`, received {"steps":2,"warmupSteps":3}. Correct the value, or leave the key out for its defaults.',
    ],
  },
  {
    name: 'a value that does not fit another one, at its place',
    text: 'task: segmenter\nloader:\n  cropSize: 40\n',
    problems: [
      'config.yaml:3:13: Expected `loader.cropSize` to be a multiple of 2^(`model.depth` - 1), received 40. Correct the value, or leave the key out for its default, 64.',
    ],
  },
  {
    name: 'NaN and infinity',
    text: 'task: segmenter\nseed: .nan\nschedule: { learningRate: .inf }\n',
    problems: [
      'config.yaml:2:7: Expected `seed` to be an integer from 1 up, received NaN. Correct the value, or leave the key out for its default, 1.',
      'config.yaml:3:27: Expected `schedule.learningRate` to be a number above 0, received Infinity. Correct the value, or leave the key out for its default, 0.001.',
    ],
  },
  {
    name: 'two errors at once, in the order of the file',
    text: 'lodaer: {}\ntask: segmenter\nseed: x\n',
    problems: [
      'config.yaml:1:1: Unknown key `lodaer`. Did you mean `loader`?',
      'config.yaml:3:7: Expected `seed` to be an integer from 1 up, received "x". Correct the value, or leave the key out for its default, 1.',
    ],
  },
  {
    name: 'a duplicate key, beside another error',
    text: 'task: segmenter\nseed: 1\nseed: 2\nmodle: {}\n',
    problems: [
      'config.yaml:3:1: Duplicate key `seed`. Keep one of the two.',
      'config.yaml:4:1: Unknown key `modle`. Did you mean `model`?',
    ],
  },
  {
    name: 'a tab as indentation',
    text: 'task: segmenter\nloader:\n\tbatchSize: 4\n',
    problems: ['config.yaml:3:1: Expected spaces as indentation, received a tab. Replace the tab by spaces.'],
  },
  {
    name: 'broken YAML',
    text: 'task: segmenter\nloader: { batchSize: 4\nseed: 1\n',
    problems: [
      'config.yaml:3:1: Expected valid YAML: Flow map in block collection must be sufficiently indented and end with a }. Correct the YAML here or just above.',
    ],
  },
  {
    name: 'an alias bomb',
    text: 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b]\n',
    problems: [
      'config.yaml:2:8: Expected no alias, received `*a`. Write the value out; `extends` shares values between files.',
      'config.yaml:2:12: Expected no alias, received `*a`. Write the value out; `extends` shares values between files.',
      'config.yaml:3:5: Expected no alias, received `*b`. Write the value out; `extends` shares values between files.',
    ],
  },
  {
    name: 'nesting that would end the stack of the YAML composer and abort the process',
    text: `task: segmenter\nmodel: ${'{a: '.repeat(20_000)}`,
    problems: [
      'config.yaml:2:85: Expected at most 20 levels of nesting, received more. Write fewer brackets and indentations.',
    ],
  },
  {
    name: 'keys of every object',
    text: 'task: segmenter\n__proto__: { a: 1 }\nconstructor: 1\nbudget: { __proto__: 2 }\n',
    problems: [
      `config.yaml:2:1: Unknown key \`__proto__\`. The keys here are ${rootKeys}.`,
      `config.yaml:3:1: Unknown key \`constructor\`. The keys here are ${rootKeys}.`,
      `config.yaml:4:11: Unknown key \`budget.__proto__\`. The keys here are ${budgetKeys}.`,
    ],
  },
  {
    name: 'several documents',
    text: 'task: segmenter\n---\nseed: 2\n',
    problems: ['config.yaml:2:1: Expected one YAML document, received several. Keep one, without `---`.'],
  },
  {
    name: 'tags and keys that are no names',
    text: 'task: segmenter\nseed: !five 5\ndata: !!set { path }\n? [a]\n: 1\n',
    problems: [
      'config.yaml:2:7: Expected no tag other than those of plain YAML. Remove the tag.',
      'config.yaml:3:7: Expected no tag other than those of plain YAML. Remove the tag.',
      'config.yaml:4:3: Expected a key to be a plain name. Write `key: value`.',
    ],
  },
  {
    name: 'an older YAML, which changes nothing',
    text: '%YAML 1.1\n---\ntask: segmenter\nseed: yes\n<<: { seed: 2 }\n',
    problems: [
      'config.yaml:4:7: Expected `seed` to be an integer from 1 up, received "yes". Correct the value, or leave the key out for its default, 1.',
      `config.yaml:5:1: Unknown key \`<<\`. The keys here are ${rootKeys}.`,
    ],
  },
  {
    name: 'places after a byte order mark and carriage returns',
    text: '\uFEFFtask: segmentor\r\n',
    problems: [
      'config.yaml:1:7: Expected `task` to be one of `detector`, `segmenter`, received "segmentor". Did you mean `segmenter`?',
    ],
  },
  {
    name: 'long and odd text, shortened to one line',
    text: `task: segmenter\nseed: "\\e[31m${'long '.repeat(50)}"\n"\\e\\n\\t[1m": 1\n? ${'k'.repeat(1000)}\n: 1\n`,
    problems: [
      `config.yaml:2:7: Expected \`seed\` to be an integer from 1 up, received "\\u001b[31m${'long '.repeat(9)}long…. Correct the value, or leave the key out for its default, 1.`,
      `config.yaml:3:1: Unknown key \` [1m\`. The keys here are ${rootKeys}.`,
      `config.yaml:4:3: Unknown key \`${'k'.repeat(60)}…\`. The keys here are ${rootKeys}.`,
    ],
  },
  {
    name: 'an empty file',
    text: '# nothing\n',
    problems: [
      'config.yaml:1:1: Expected a config to be a mapping of keys to values, received nothing. Start with `task: detector` or `task: segmenter`.',
    ],
  },
  {
    name: 'a list as a config',
    text: '\n- task\n',
    problems: [
      'config.yaml:2:1: Expected a config to be a mapping of keys to values, received ["task"]. Start with `task: detector` or `task: segmenter`.',
    ],
  },
  {
    name: 'bytes that are no text',
    text: Uint8Array.of(0xff, 0xfe, 0x61),
    problems: [
      'config.yaml: Cannot read the config "config.yaml": The encoded data was not valid for encoding utf-8. Check the path, its permissions, and that it is text in UTF-8.',
    ],
  },
  {
    name: 'a huge file',
    text: '#'.repeat(1_000_001),
    problems: [
      'config.yaml: The config "config.yaml" has 1000001 bytes, more than the 100000 that are read. Check that it is a config.',
    ],
  },
];

test.each(cases)('loadConfig reports $name', ({ text, problems }) => {
  expect(problemsOf({ 'config.yaml': text })).toEqual(problems);
});

test('loadConfig reports a missing file', () => {
  expect(problemsOf({})).toEqual(['config.yaml: There is no config "config.yaml". Check the path.']);
});

test('loadConfig reports a folder', () => {
  inFolder({}, (folder) => {
    mkdirSync(join(folder, 'configs'));
    expect(thrownBy(() => loadConfig(join(folder, 'configs')))).toMatchObject({
      problems: [{ what: `The config "${join(folder, 'configs')}" is a folder, not a file.` }],
    });
  });
});

test('the error as a whole names the file, the number of problems and the exit code', () => {
  inFolder({ 'a.yaml': 'tusk: x\n' }, (folder) => {
    const file = join(folder, 'a.yaml');
    expect(thrownBy(() => loadConfig(file, ['seed']))).toMatchObject({
      name: 'NucleateError',
      message: `The config "${file}" cannot be used: 2 problems.`,
      where: file,
      hint: 'Correct each place and run the command again; nothing was written.',
      exitCode: 2,
    });
  });
});

test('no config changes the prototype of objects', () => {
  problemsOf({ 'config.yaml': '__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n' });
  expect({}).not.toHaveProperty('polluted');
});
