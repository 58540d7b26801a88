import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const repository = path.join(import.meta.dirname, '../..');

/** Seconds of a piece of work. */
function timed(work: () => void): number {
  const began = performance.now();
  work();
  return Math.round((performance.now() - began) / 1000);
}

test('from an empty folder to the first nuclei, by the packed package alone', () => {
  const base = mkdtempSync(path.join(tmpdir(), 'nucleate-package-'));
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NUCLEATE_|VITEST|NODE_|TF_)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    HOME: path.join(base, 'home'),
    XDG_CACHE_HOME: path.join(base, 'cache'),
    npm_config_cache: path.join(base, 'npm-cache'),
  };
  execFileSync('npm', ['pack', '--ignore-scripts=false', '--pack-destination', base], { cwd: repository });
  const [tarball] = readdirSync(base).filter((name) => name.endsWith('.tgz'));

  const project = path.join(base, 'project');
  mkdirSync(project);
  const run = (...command: [string, ...string[]]) => {
    const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
      cwd: project,
      env,
      encoding: 'utf8',
    });
    expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({
      command,
      status: 0,
      stderr: '',
    });
    return stdout;
  };
  writeFileSync(path.join(project, 'package.json'), '{"type": "commonjs"}');
  // A repository of the user's.
  const user = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  run('git', 'init', '--quiet');
  run('git', ...user, 'commit', '--quiet', '--allow-empty', '--message', 'mine');
  const installed = timed(() => run('npm', 'install', `../${tarball}`));
  // No install script has fetched a TensorFlow.
  const modules = path.join(project, 'node_modules');
  expect(existsSync(path.join(modules, '@tensorflow/tfjs-node-gpu'))).toBe(false);
  expect(readdirSync(path.join(modules, 'nucleate-nuclei/vendor/tfjs-node'))).not.toContain('lib');
  // The annotation page.
  expect(readdirSync(path.join(modules, 'nucleate-nuclei/lib/annotate-page')).sort()).toEqual([
    ...['icon.svg', 'index.html', 'page.css', 'page.js'],
  ]);
  const setUp = timed(() => run('npx', 'nucleate', 'setup', '--cpu'));
  cpSync(path.join(repository, 'examples/dsb2018-mini/a-5afb7932.png'), path.join(project, 'cells.png'));
  let nuclei = 0;
  const predicted = timed(() => {
    const said = run('npx', 'nucleate', 'predict', 'cells.png', '--out', 'nuclei', '--json', '--quiet');
    ({ nuclei } = JSON.parse(said) as { nuclei: number });
  });
  expect(nuclei).toBeGreaterThan(0);
  expect(JSON.parse(run('npx', 'nucleate', 'doctor', '--json'))).toMatchObject({
    device: 'cpu',
    problems: [],
  });
  // Doing it again finds everything done.
  expect(JSON.parse(run('npx', 'nucleate', 'setup', '--json', '--quiet'))).toMatchObject({ flavour: 'cpu' });

  // A run records the commit that the package was made of, not the user's.
  const inPackage = (file: string) => path.join('node_modules/nucleate-nuclei', file);
  const sample = ['--data', inPackage('examples/dsb2018-mini')];
  const steps = ['schedule.steps=2', 'budget.steps=2', 'schedule.warmupSteps=1', 'validation.everySteps=2'];
  run(
    ...['npx', 'nucleate', 'train', 'segmenter', '--config', inPackage('configs/segmenter/tiny.yaml')],
    ...[...sample, '--run-dir', 'run', '--quiet'],
    ...[`data.split=${inPackage('configs/splits/dsb2018-mini.json')}`, ...steps].flatMap((set) => [
      '--set',
      set,
    ]),
  );
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repository, encoding: 'utf8' }).trim();
  expect(JSON.parse(readFileSync(path.join(project, 'run/git.json'), 'utf8'))).toMatchObject({ commit });

  const program = `const model = await loadModel();
const { instances } = await model.segment(await readImage('cells.png'));
console.log(model.device, instances.length);`;
  writeFileSync(
    path.join(project, 'a.mjs'),
    `import { loadModel, readImage } from 'nucleate-nuclei';\n${program}`,
  );
  writeFileSync(
    path.join(project, 'b.cjs'),
    `const { loadModel, readImage } = require('nucleate-nuclei');\n(async () => {${program}})();`,
  );
  for (const file of ['a.mjs', 'b.cjs']) expect(run('node', file)).toBe(`cpu ${nuclei}\n`);

  // The programs of the page that docs:run does not run.
  const page = readFileSync(path.join(repository, 'docs/how-to/library.md'), 'utf8');
  const [learn, common] = [...page.matchAll(/```js\n(.*?)```/gsu)].map(([, code]) => code!);
  writeFileSync(path.join(project, 'd.cjs'), common!);
  expect(run('node', 'd.cjs')).toMatch(/^\d+\n$/u);
  cpSync(path.join(repository, 'examples/dsb2018-mini'), path.join(project, 'corrected'), {
    recursive: true,
  });
  writeFileSync(path.join(project, 'e.mjs'), learn!.replace('minutes: 10', 'steps: 2'));
  expect(run('node', 'e.mjs')).toMatch(/finished|true|false/u);

  run('npm', 'install', '@types/node@20', 'typescript@6.0.3');
  writeFileSync(
    path.join(project, 'c.mts'),
    `import { loadModel, readImage, type Segmentation } from 'nucleate-nuclei';
const model = await loadModel(undefined, { device: 'cpu' });
const found: Segmentation = await model.segment(await readImage('cells.png'), { scoreThreshold: 0.3 });
export const scores: number[] = found.instances.map(({ score }) => score);
// @ts-expect-error There is no such setting.
await model.segment(await readImage('cells.png'), { scoreTreshold: 0.3 });`,
  );
  const strict = ['--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--noEmit'];
  run(...['npx', 'tsc', ...strict, '--module', 'nodenext', '--target', 'es2023', '--types', 'node'], 'c.mts');
  const bytes = statSync(path.join(base, tarball!)).size;
  process.stdout.write(
    `${tarball}: ${(bytes / 1e6).toFixed(1)} MB; npm install ${installed} s, setup ${setUp} s, predict ${predicted} s\n`,
  );
});
