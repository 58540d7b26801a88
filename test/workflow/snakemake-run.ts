import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { launcher, type Outcome, root, run } from '../cli/run-nucleate.js';

/** Changes of `workflow/config/config.yaml`. */
interface Changes {
  readonly out: string;
  readonly predict?: object;
  readonly train?: object;
}

/** Runs targets of the workflow in a folder, with a config of its own. */
export function snakemake(
  program: string,
  {
    folder,
    target,
    profile,
    changes,
  }: {
    folder: string;
    target: string | readonly string[];
    profile: string;
    changes: Changes;
  },
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const defaults = parse(
    readFileSync(path.join(root, 'workflow/config/config.yaml'), 'utf8'),
  ) as Required<Changes>;
  const config = {
    ...{ ...defaults, nucleate: `${process.execPath} ${launcher}`, out: changes.out },
    predict: { ...defaults.predict, threads: 1, memory_mb: 1000, merge_memory_mb: 1000, ...changes.predict },
    train: { ...defaults.train, threads: 1, memory_mb: 2000, ...changes.train },
  };
  const file = path.join(folder, `${changes.out}.yaml`);
  writeFileSync(file, stringify(config));
  const args = [
    // Behind options it takes no more targets.
    ...[target].flat(),
    ...['--snakefile', path.join(root, 'workflow/Snakefile'), '--configfile', file],
    ...['--profile', path.join(root, 'workflow/profiles', profile), ...options],
  ];
  return run(program, args, { cwd: folder, env: { ...env, TF_NUM_INTRAOP_THREADS: '1' } });
}
