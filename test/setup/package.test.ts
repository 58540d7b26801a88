import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from '../cli/run-nucleate.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** The files that `npm pack` would put into the package; without `lib` and `vendor`, which it makes first. */
async function packedFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return packed.files.map((file) => file.path).filter((file) => !/^(lib|vendor)\//u.test(file));
}

/** The files that a file of JavaScript imports, and those that they import. */
function importsOf(file: string, known = new Set<string>()): Set<string> {
  known.add(file);
  for (const [, from] of read(file).matchAll(/(?:from |import\()'(\.[^']+)'/gu)) {
    const imported = path.join(path.dirname(file), from!);
    if (!known.has(imported) && imported.endsWith('.js')) importsOf(imported, known);
  }
  return known;
}

test('npm pack takes what runs, with its models, configs and sample, and nothing else', async () => {
  const files = await packedFiles();
  const needed = [
    ...importsOf('bin/nucleate.js'),
    ...importsOf('setup/setup.js'),
    ...importsOf('bin/end-with-launcher.js'),
    ...[
      'bin/watch-launcher.js',
      'setup/pins.json',
      'setup/extract.py',
      'setup/quiet_load.cc',
      'setup/session_options.cc',
      'setup/async_run.cc',
    ],
    ...['package.json', 'README.md', 'LICENSE', 'THIRD-PARTY.md', 'CHANGELOG.md'],
    ...['model.json', 'detector.safetensors', 'segmenter.safetensors'].map(
      (name) => `models/nucleate-stains/${name}`,
    ),
    ...readdirSync(path.join(root, 'configs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.\w+$/u.test(name))
      .map((name) => `configs/${name}`),
    'examples/dsb2018-mini/a-5afb7932_masks.png',
  ];
  expect(needed.filter((file) => !files.includes(file))).toEqual([]);
  const folders = /^(bin|configs|examples|models|setup)\/|^[A-Z-]+(\.md)?$|^package\.json$/u;
  expect(files.filter((file) => !folders.test(file) || /\.ts$|\/make-|\.log$/u.test(file))).toEqual([]);
});

test('what the sources read of the repository at run time is packed', async () => {
  const files = await packedFiles();
  const named = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...read(`src/${file}`).matchAll(/(?:packageFile\(|packageRoot, )['`]([\w./-]+)['`]/gu),
    ])
    .map(([, place]) => place!);
  expect(named).toContain('models/nucleate-stains');
  expect(
    named.filter((place) => !files.some((file) => file === place || file.startsWith(`${place}/`))),
  ).toEqual([]);
});

test('the compiled sources need only packages that are installed with it', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >;
  const imported = new Set(
    readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...read(`src/${file}`).matchAll(
          /^(?:import|export) (?!type )[^;]*?from '((?:@[\w-]+\/)?[\w-]+)[^']*';/gmu,
        ),
      ])
      .map(([, name]) => name!)
      .filter((name) => name in devDependencies!),
  );
  expect(Object.keys(dependencies!)).toContain('@tensorflow/tfjs');
  // The page for the browser is bundled with what it imports.
  expect([...imported].filter((name) => !/^preact|^@preact/u.test(name))).toEqual([]);
});

test('THIRD-PARTY.md names the versions that are copied and downloaded', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version: string }>;
  };
  const text = read('THIRD-PARTY.md');
  for (const name of ['@tensorflow/tfjs-node-gpu', 'google-protobuf'])
    expect(text).toContain(`\`${name}\` ${packages[`node_modules/${name}`]!.version}`);
  const { tensorflow } = JSON.parse(read('setup/pins.json')) as { tensorflow: string };
  expect(text).toContain(`TensorFlow ${tensorflow}`);
});
