import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A clone of what is committed, and the environment of a user who has never set nucleate up. */
export function freshClone() {
  const base = mkdtempSync(path.join(tmpdir(), 'nucleate-fresh-'));
  const clone = path.join(base, 'nucleate');
  execFileSync('git', ['clone', '--quiet', repository, clone]);
  // What npm sets for the scripts that it runs would leak from this test into the clone.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NUCLEATE_|VITEST|NODE_)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    HOME: path.join(base, 'home'),
    XDG_CACHE_HOME: path.join(base, 'cache'),
    npm_config_cache: path.join(base, 'npm-cache'),
  };
  const run = (...command: [string, ...string[]]) =>
    spawnSync(command[0], command.slice(1), { cwd: clone, env, encoding: 'utf8' });
  return { base, clone, env, run };
}
