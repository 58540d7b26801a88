import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedConfig, loadConfig } from '../../src/config/load.js';
import { NucleateError } from '../../src/errors.js';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Loads `config.yaml` of a fresh folder that holds `files`. */
export function loadFiles(files: Files, overrides: readonly string[] = []): LoadedConfig {
  return inFolder(files, (folder) => loadConfig(join(folder, 'config.yaml'), overrides));
}

/** What loading `files` reports, one `where: what hint` per problem, without the path of the folder. */
export function problemsOf(files: Files, overrides: readonly string[] = []): string[] {
  return inFolder(files, (folder) => {
    const error = thrownBy(() => loadConfig(join(folder, 'config.yaml'), overrides));
    if (!(error instanceof NucleateError)) throw new Error('Expected a NucleateError.', { cause: error });
    return error.problems.map(({ where, what, hint: hint }) =>
      `${where}: ${what} ${hint}`.replaceAll(`${folder}/`, ''),
    );
  });
}

/** What `run` throws; undefined if it throws nothing. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Runs `use` with the path of a fresh folder that holds `files`. */
export function inFolder<Result>(files: Files, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'nucleate-config-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
