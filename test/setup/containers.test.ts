import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../cli/run-nucleate.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const { name, version, scripts, bin, engines } = JSON.parse(read('package.json')) as {
  name: string;
  version: string;
  scripts: Record<string, string>;
  bin: Record<string, string>;
  engines: { node: string };
};

describe.each(['Containerfile', 'nucleate.def'])('%s', (file) => {
  const text = read(file);

  test('installs the package by its name, and starts its command', () => {
    expect(text).toContain(`${name}.tgz`);
    expect(text).toContain(`/opt/nucleate/node_modules/.bin/${Object.keys(bin)[0]!}`);
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/gu)) expect(scripts).toHaveProperty(script!);
  });

  test('sets up with options that set-up has, in a folder that it looks into', () => {
    expect(text).toMatch(/npx nucleate setup --(\$FLAVOUR|\{\{ flavour \}\})/u);
    // The values that the arguments take.
    for (const flavour of ['cpu', 'cuda']) {
      expect(text.toLowerCase()).toContain(`flavour=${flavour}`);
      expect(read('setup/setup.js')).toContain(`${flavour}: { type: 'boolean'`);
    }
    expect(text).toContain('NUCLEATE_CACHE=/opt/nucleate/cache');
  });

  test('has a Node that nucleate supports, and says what was not tried', () => {
    const [, major] = /node:(\d+)-/u.exec(text)!;
    expect(Number(major)).toBeGreaterThanOrEqual(Number(/\d+/u.exec(engines.node)![0]));
    expect(text).toMatch(/Not tried: /u);
  });
});

test('nucleate.def and CITATION.cff name this version', () => {
  expect(read('nucleate.def')).toContain(`${name}-${version}.tgz `);
  expect(parse(read('CITATION.cff'))).toMatchObject({ version, title: 'nucleate', license: 'Apache-2.0' });
});

test('the workflow of the host runs .ci/run with each Node', () => {
  const { jobs } = parse(read('.github/workflows/check.yml')) as {
    jobs: { check: { strategy: { matrix: { node: number[] } }; steps: { run?: string }[] } };
  };
  expect(jobs.check.strategy.matrix.node).toEqual([20, 22, 24]);
  expect(jobs.check.steps.at(-1)).toEqual({ run: '.ci/run' });
});
